"""Dark experience replay: what a network said of an example when it was shown is matched later."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from core.checks import FROM_0, Checked
from core.schedule.orders import Schedule
from core.schedule.replay import Origin
from core.strategies import traced
from core.strategies.base import Sizes, State, Strategy, Tensor
from data import InputError


@dataclass(frozen=True, kw_only=True)
class DER(Checked, Strategy):
    """Dark experience replay (Buzzega et al. 2020, NeurIPS): DER, and with a `beta` DER++.

    The loss is CE(batch) + alpha * MSE(z(x'), z') + beta * CE(x'', y''). z' are the logits of the
    very step that showed x' as new, in training mode and before the update; they are written when
    x' enters the replay buffer and never anew. MSE is the mean over examples and all outputs,
    active or not. (x', z') and (x'', y'') are two draws of as many examples, see `Replay`, and of
    the first no label is used. Until the buffer holds as many as a draw asks for, examples are
    repeated.

    Mammoth's alpha and beta are the same. Avalanche fills a class-balanced buffer at each task's
    end, with the logits of that moment, and has one draw for both terms.

    Args:
        alpha: What the distance from stored logits counts.
        beta: What the labels of replayed examples count; 0 of DER.

    Examples:
        >>> from core import DER, Recipe, Replay, spec
        >>> recipe = Recipe(dataset="digits", model=spec("mlp", widths=(20,)),
        ...                 replay=Replay(capacity=100, mode="add"),
        ...                 strategy=DER(alpha=0.5, beta=0.5))
        >>> recipe.strategy.draws  # one for the logits, one for the labels
        2
    """

    alpha: Annotated[float, FROM_0]
    beta: Annotated[float, FROM_0] = 0.0

    @property
    def draws(self) -> int:
        """One for logits, one for labels."""
        return 2 if self.beta else 1

    def check(self, recipe: Any) -> None:
        """Refuse a recipe without a buffer that takes examples in when they are shown."""
        replay = recipe.replay
        streamed = replay is not None and not (
            replay.rule.at_segment_ends or replay.rule.at_task_ends
        )
        if not streamed or replay.mode != "add" or replay.weights != "equal":
            received = "without replay"
            if replay is not None:
                received = (
                    f"with the buffer {replay.buffer}, mode={replay.mode} and "
                    f"weights={replay.weights}"
                )
            raise InputError(
                f'Received DER {received}; expected replay=Replay(capacity=..., mode="add"), with '
                "a buffer that takes examples in as they are shown: their logits are stored then."
            )

    def columns(
        self, schedule: Schedule, origin: Origin, rng: np.random.Generator
    ) -> dict[str, NDArray[Any]]:
        """What each example counts in either loss, and where its logits are read or written.

        Slots are counted from 1; 0 takes what has none.
        """
        size, own = origin.together(schedule)
        share = np.array([1, 0, self.beta])[origin.draw]
        slot = origin.slot + 1
        return {
            "weight": (share * size / own).astype(np.float32),
            "match": np.where(origin.draw == 1, self.alpha / own, 0).astype(np.float32),
            "read": np.where(origin.draw == 1, slot, 0),
            "write": np.where(origin.draw == 0, slot, 0),
        }

    def state(self, sizes: Sizes) -> dict[str, NDArray[Any]]:
        """A row of logits for each slot, and row 0 for what has none."""
        return {"logits": np.zeros((sizes.capacity + 1, sizes.outputs), dtype=np.float32)}

    def loss(self, logits: Tensor, rows: Mapping[str, Tensor], state: State) -> Tensor:
        """The squared distance from the stored logits."""
        away = logits - traced.take(state["logits"], rows["read"], axis=0)
        return traced.sum(rows["match"] * traced.mean(away * away, axis=-1))

    def after_step(
        self,
        rows: Mapping[str, Tensor],
        logits: Tensor,
        data_gradients: Sequence[Tensor],
        before: Sequence[Tensor],
        after: Sequence[Tensor],
        state: State,
    ) -> dict[str, Tensor]:
        """Store the logits of what enters the buffer."""
        places = traced.expand_dims(rows["write"], -1)
        return {"logits": traced.scatter_update(state["logits"], places, logits)}

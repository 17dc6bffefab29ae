"""Folders of images: `train/<class>/*`, `test/<class>/*`, perhaps `val/<class>/*`; or a tar."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.dataset import Dataset
from data.errors import InputError, quoted, shortly
from data.formats.archive import MOST_BYTES, is_archive, members

PARTS = ("train", "test")
VAL = "val"
"""A validation part, which need not be there."""
_PART = {
    "train": "train", "training": "train", "test": "test", "testing": "test",
    "val": VAL, "valid": VAL, "validation": VAL,
}  # fmt: skip
"""The part that a folder holds, by its name in small letters."""
_SYSTEMS_OWN = ("thumbs.db", "desktop.ini")
"""What Windows puts beside images, in small letters."""
SUFFIXES = (".png", ".jpg", ".jpeg")
_OTHER_IMAGES = (".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm", ".jfif", ".avif")
LAYOUT = f"train/CLASS/ and test/CLASS/ with images ({', '.join(SUFFIXES)})"
_MODES: dict[str, tuple[int, ...]] = {"L": (), "RGB": (3,)}

LINKED = 2
"""Down to which depth a folder may be a link: parts and classes."""
WHOLE_ALPHA = (255, 255)
MOST_NAMED = 5

Content = bytes | Path
Tree = dict[str, dict[str, dict[str, Content]]]
"""The images by part, class and file name: their bytes, or where they lie."""


@dataclass(frozen=True)
class ImageFiles:
    """Images that were found by the names of their folders or of their archive.

    Attributes:
        source: The folder around `train` and `test`, or the archive.
        classes: The classes that they must have (or as many numbers); any if None.
    """

    source: Path
    classes: tuple[str, ...] | None = None

    @property
    def missing(self) -> tuple[Path, ...]:
        """Which of the two parts have no folder, by their short names; empty for an archive."""
        if is_archive(self.source):
            return ()
        there = _parts(self.source)
        return tuple(self.source / part for part in PARTS if part not in there)

    def shape(self) -> None:
        """Unknown before all names are read, so None.

        Raises:
            InputError: The archive is none.
        """
        if is_archive(self.source):
            next(members(self.source), None)

    def load(self, name: str) -> Dataset:
        """Reads and checks the images.

        Classes are numbered in the order of their names (of their numbers, if all are numbers).
        The examples of a class are sorted by file name, and the classes are mixed evenly, see
        `evenly_mixed`. A folder `val` beside `train` and `test`, which may lack classes, is the
        validation part. The folders may be called `training`, `testing`, `valid` and `validation`
        too, in letters of any case.

        Args:
            name: The data set's name.

        Returns:
            The data set: uint8 images [n, height, width] if they are grey, else
            [n, height, width, 3]. What is in a JPEG may differ a little between versions of the
            decoder, and the checksum with it.

        Raises:
            InputError: A folder is missing or empty, a file is no image or a damaged one, or the
                images are not all alike.
        """
        if self.missing:
            raise InputError(
                f"{quoted(self.missing[0])} is missing, expected {LAYOUT} in "
                f"{quoted(self.source)}; put it there"
            )
        tree = _in_archive(self.source) if is_archive(self.source) else _in_folder(self.source)
        spelled = _spelled(tree, self.source)
        tree = {part: tree.get(name, {}) for part, name in spelled.items()}
        tree = {part: found for part, found in tree.items() if found or part in PARTS}
        classes = self._checked_classes(tree, spelled)
        formats: set[str] = set()
        arrays: dict[str, NDArray[Any]] = {}
        for part in tree:
            labels, ranks = evenly_mixed([len(tree[part].get(kind, {})) for kind in classes])
            files = [sorted(tree[part].get(kind, {}).items()) for kind in classes]
            mixed = [files[label][rank] for label, rank in zip(labels, ranks, strict=True)]
            folders = [self.source / spelled[part] / kind for kind in classes]
            arrays[f"x_{part}"] = _decoded(mixed, [folders[label] for label in labels], formats)
            arrays[f"y_{part}"] = labels
        where = {name: f"{name} in {quoted(self.source)}" for name in arrays}
        encoding = " and ".join(sorted(formats))
        source = f"{self.source} (images encoded as {encoding})"
        dataset = Dataset.from_arrays(name, arrays, source=source, where=where)
        numbered = classes == [str(number) for number in range(len(classes))]
        words = () if numbered else tuple(classes)
        return replace(dataset, encoding=encoding, class_labels=words)

    def _checked_classes(self, tree: Tree, spelled: dict[str, str]) -> list[str]:
        for part in tree:
            other = PARTS[part == "train"]
            here, there = spelled[part], spelled[other]
            for kind in tree[part]:
                if not tree[part][kind]:
                    raise InputError(
                        f"{quoted(self.source / here / kind)} holds no image, expected at least "
                        f"one ({', '.join(SUFFIXES)}) in every class; fill or remove it"
                    )
                if kind not in tree[other]:
                    raise InputError(
                        f"{quoted(self.source)} has the class {kind!r} in {here} and not in "
                        f"{there}, expected the same classes in both; add {there}/{kind} or remove "
                        f"{here}/{kind}"
                    )
        found = set(tree["train"])
        if not found:
            raise InputError(
                f"{quoted(self.source)} holds no image in a class's folder, expected {LAYOUT}; put "
                "them there"
            )
        if self.classes is not None:
            numbers = {str(number) for number in range(len(self.classes))}
            if found not in (set(self.classes), numbers):
                raise InputError(
                    f"{quoted(self.source)} has the classes {_listed(found)}, expected "
                    f"{', '.join(self.classes)} (or the numbers from 0); put the right images "
                    "there, or keep your own under another name"
                )
        if all(kind.isascii() and kind.isdigit() and len(kind) < 20 for kind in found):
            return sorted(found, key=lambda kind: (int(kind), kind))
        return sorted(found)


def image_files(folder: Path) -> ImageFiles | None:
    """The images in a folder.

    Args:
        folder: The data set's own folder.

    Returns:
        Those in its sub-folders, if there is `train` or `test` (so that a missing one is noticed),
        else those in its tar archive, if there is just one, else None.
    """
    if {*PARTS} & _parts(folder):
        return ImageFiles(folder)
    try:
        archives = [folder / name for name in os.listdir(folder) if name[0] != "."]
    except OSError:
        return None
    archives = [path for path in archives if is_archive(path) and os.path.isfile(path)]
    return ImageFiles(archives[0]) if len(archives) == 1 else None


def evenly_mixed(counts: list[int]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """An order of examples in which every stretch has each class in proportion.

    A split such as the first 5,000 needs examples that are not sorted by class. Example k of the
    n of a class stands at the place (k + 1/2) / n of the way; of two at the same place the lower
    class comes first. So classes of one size take turns.

    Args:
        counts: How many examples each class has.

    Returns:
        The class of each example in turn, int64[sum(counts)], and its number within its class.
    """
    sizes = np.asarray(counts)
    labels = np.repeat(np.arange(len(sizes)), sizes)
    ranks = np.arange(len(labels)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    order = np.lexsort((labels, (2 * ranks + 1) / (2 * sizes[labels])))
    return labels[order], ranks[order]


def _parts(folder: Path) -> set[str]:
    """The parts that have a folder in this one, however they are spelled."""
    try:
        names = os.listdir(folder)
    except OSError:
        return set()
    return {_PART[n.lower()] for n in names if n.lower() in _PART and os.path.isdir(folder / n)}


def _spelled(tree: Tree, source: Path) -> dict[str, str]:
    """How each part is spelled: the two that must be there, and what else there is.

    Raises:
        InputError: One is there twice, such as `val` and `validation`.
    """
    spelled: dict[str, str] = {}
    for name in tree:
        other = spelled.setdefault(_PART[name.lower()], name)
        if other != name:
            raise InputError(
                f"{quoted(source)} holds {other} and {name}, expected one of the two, which mean "
                "the same part; put the images of both into one, or take one away"
            )
    return dict(zip(PARTS, PARTS, strict=True)) | spelled


def _in_folder(folder: Path) -> Tree:
    tree: Tree = {}
    for path, is_folder in _walk(folder):
        _put(tree, path.relative_to(folder).parts, None if is_folder else path, folder)
    return tree


def _walk(folder: Path, depth: int = 0) -> Iterator[tuple[Path, bool]]:
    try:
        with os.scandir(folder) as found:
            entries = [entry for entry in found if depth or entry.name.lower() in _PART]
        for entry in entries:
            path = folder / entry.name
            # The folder of a part or of a class may be a link: data lie on another disk.
            is_folder = entry.is_dir(follow_symlinks=depth < LINKED)
            if not is_folder and not entry.is_file(follow_symlinks=False):
                kind = "a link" if entry.is_symlink() else "no plain file"
                raise InputError(
                    f"{quoted(path)} is {kind}, expected folders and plain files alone; put what "
                    "is meant in its place, or remove it"
                )
            yield path, is_folder
            if is_folder and not entry.name.startswith("."):
                yield from _walk(path, depth + 1)
    except OSError as error:
        raise InputError(
            f"{quoted(folder)} cannot be listed ({shortly(error)}), expected a folder that you may "
            "read; change its permissions"
        ) from error


def _in_archive(path: Path) -> Tree:
    tree: Tree = {}
    around: tuple[str, ...] | None = None
    for member in members(path):
        parts = member.parts
        # `tar cf fruit.tar fruit` puts a folder around the two.
        meant = [_PART.get(name.lower(), "") for name in parts[:2]]
        places = [(at, names) for names in (PARTS, (VAL,)) for at in range(len(meant))]
        depth = next((at for at, names in places if meant[at] in names), None)
        if depth is None:
            continue
        around = parts[:depth] if around is None else around
        if parts[:depth] != around:
            raise InputError(
                f"{quoted(path)} holds images in {'/'.join((*around, '.'))} and in "
                f"{'/'.join((*parts[:depth], '.'))}, expected one train and one test; pack one "
                "data set in an archive"
            )
        _put(tree, parts[depth:], member.read() if member.read else None, path)
    return tree


def _put(tree: Tree, parts: tuple[str, ...], content: Content | None, source: Path) -> None:
    """Puts a file, or a folder without content, into its place; refuses one without a place."""
    if any(part.startswith(".") or part.lower() in _SYSTEMS_OWN for part in parts):
        return  # .DS_Store and its like
    part, rest = parts[0], parts[1:]
    tree.setdefault(part, {})
    is_folder = content is None
    if is_folder and len(rest) < 2:
        for kind in rest:
            tree[part].setdefault(kind, {})
        return
    is_image = not is_folder and len(rest) == 2 and rest[1].lower().endswith(SUFFIXES)
    if not is_image or rest[1] in tree[part].get(rest[0], {}):
        what = "twice an image" if is_image else "no image in its class's folder"
        other = not is_folder and parts[-1].lower().endswith(_OTHER_IMAGES)
        raise InputError(
            f"{quoted(source.joinpath(*parts))} is {what}, expected {LAYOUT} and nothing else "
            f"there; {'write it as PNG' if other else 'remove it'}"
        )
    assert content is not None
    tree[part].setdefault(rest[0], {})[rest[1]] = content


def _decoded(
    files: list[tuple[str, Content]], folders: list[Path], formats: set[str]
) -> NDArray[np.uint8]:
    # Here, since Pillow takes a tenth of a second to import and most commands do without it.
    from PIL import Image  # noqa: PLC0415

    x = np.empty(0, np.uint8)
    first, first_place = "", Path()
    damaged: dict[Path, str] = {}
    for number, (name, content) in enumerate(files):
        place = folders[number] / name
        try:
            opened = io.BytesIO(content) if isinstance(content, bytes) else content
            with Image.open(opened, formats=("PNG", "JPEG")) as image:
                # Pillow reads 16 bits a channel as their upper 8, and says so here alone.
                deep = [str(tile[3]) for tile in image.tile if str(tile[3]).endswith(";16B")]
                plain = _plain(image)
                mode = (*deep, plain.mode)[0]
                here = f"{image.width} x {image.height}, mode {mode}"
                if not first:
                    x = _room(place, len(files), image.size, mode)
                    first, first_place = here, place
                if here != first:
                    raise InputError(
                        f"{quoted(place)} is an image of {here}, expected {first} as of "
                        f"{quoted(first_place)}; bring all to one size and mode"
                    )
                formats.add(str(image.format))
                x[number] = np.asarray(plain)
        except InputError:
            raise
        except Exception as error:  # a damaged image raises nearly anything
            damaged[place] = _reason(error)
    _refuse_damaged(damaged)
    x.flags.writeable = False
    return x


def _plain(image: Any) -> Any:
    """An image in grey or colour, where it is one that is only written otherwise.

    Black and white is grey; a palette's colours are colours, grey if all are; of transparency
    nothing is lost where there is none. Any other mode stays, to be refused.
    """
    if image.mode in ("L", "RGB") and "transparency" in image.info:  # one colour means it
        image = image.convert("LA" if image.mode == "L" else "RGBA")
    if image.mode == "1":
        return image.convert("L")
    if image.mode == "P" and "transparency" not in image.info:
        colours = image.convert("RGB")
        bands = colours.split()
        grey = all(band.tobytes() == bands[0].tobytes() for band in bands)
        return bands[0] if grey else colours
    if image.mode in ("LA", "RGBA") and image.getchannel("A").getextrema() == WHOLE_ALPHA:
        return image.convert(image.mode.removesuffix("A"))
    return image


def _refuse_damaged(damaged: dict[Path, str]) -> None:
    """Name the images that cannot be read, all together.

    Raises:
        InputError: There are some.
    """
    if not damaged:
        return
    (place, reason), *others = damaged.items()
    more = ""
    if others:
        shown = ", ".join(quoted(other) for other, _ in others[: MOST_NAMED - 1])
        left = len(others) - (MOST_NAMED - 1)
        more = f"; nor {'is' if len(others) == 1 else 'are'} {shown}"
        more += f" and {left} more" if left > 0 else ""
    raise InputError(
        f"{quoted(place)} is not a sound image ({reason}){more}, expected PNG or JPEG; copy "
        f"{'them' if others else 'it'} again or remove {'them' if others else 'it'}"
    )


def _room(path: Path, count: int, size: tuple[int, int], mode: str) -> NDArray[np.uint8]:
    if mode not in _MODES:
        raise InputError(
            f"{quoted(path)} is an image of mode {mode}, expected grey (L) or colour (RGB) with 8 "
            "bits each; convert all to one of them"
        )
    width, height = size
    shape = (count, height, width, *_MODES[mode])
    total = int(np.prod(shape, dtype=object))
    if total > MOST_BYTES:
        raise InputError(
            f"{quoted(path)} makes {total:,} bytes of images or more, expected at most "
            f"{MOST_BYTES:,}; make them smaller or fewer"
        )
    return np.empty(shape, np.uint8)


def _reason(error: Exception) -> str:
    # Here, as Pillow itself. It names the stream, which tells nobody anything.
    from PIL import UnidentifiedImageError  # noqa: PLC0415

    unknown = isinstance(error, UnidentifiedImageError)
    return "its format is unknown" if unknown else shortly(error)


def _listed(names: set[str]) -> str:
    shown = ", ".join(repr(name) for name in sorted(names)[:10])
    return shown + (f" and {len(names) - 10} more" if len(names) > 10 else "")

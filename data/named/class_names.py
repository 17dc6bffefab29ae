"""What the classes of published data sets are called, in the order of their numbers."""

CIFAR10 = (
    *("airplane", "automobile", "bird", "cat", "deer"),
    *("dog", "frog", "horse", "ship", "truck"),
)
FASHION_MNIST = (
    *("T-shirt", "trouser", "pullover", "dress", "coat"),
    *("sandal", "shirt", "sneaker", "bag", "ankle-boot"),
)
CLASS_NAMES = {"cifar10": CIFAR10, "fashion-mnist": FASHION_MNIST}
"""By the data set's name."""

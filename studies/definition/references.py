"""The papers of the methods, data and tests that a study can use, as BibTeX has them."""

from typing import NamedTuple


class Reference(NamedTuple):
    """A source.

    Attributes:
        kind: BibTeX's, as in `article`.
        author: Names, `and others` after the first where there are more than three.
        title: The title.
        year: When it appeared.
        where: Further fields by their names: journal, booktitle, pages, ...
    """

    kind: str
    author: str
    title: str
    year: int
    where: dict[str, str]

    def bibtex(self, key: str) -> str:
        """The entry in BibTeX."""
        fields = {"author": self.author, "title": f"{{{self.title}}}", "year": str(self.year)}
        lines = [f"  {name} = {{{value}}}," for name, value in {**fields, **self.where}.items()]
        return "\n".join([f"@{self.kind}{{{key},", *lines, "}"])


def _article(
    author: str, title: str, year: int, journal: str, volume: str, pages: str
) -> Reference:
    where = {"journal": journal, "volume": volume, "pages": pages}
    return Reference("article", author, title, year, where)


def _talk(author: str, title: str, year: int, booktitle: str) -> Reference:
    return Reference("inproceedings", author, title, year, {"booktitle": booktitle})


def _preprint(author: str, title: str, year: int, number: str) -> Reference:
    return Reference("misc", author, title, year, {"howpublished": f"arXiv:{number}"})


def _book(author: str, title: str, year: int, publisher: str) -> Reference:
    return Reference("book", author, title, year, {"publisher": publisher})


ICLR = "International Conference on Learning Representations"
ICML = "International Conference on Machine Learning"
ECCV = "European Conference on Computer Vision"
CVPR = "IEEE Conference on Computer Vision and Pattern Recognition"
NIPS = "Advances in Neural Information Processing Systems"
AISTATS = "International Conference on Artificial Intelligence and Statistics"
JMLR = "Journal of Machine Learning Research"
JASA = "Journal of the American Statistical Association"

REFERENCES = {
    # learning rules, replay, scenarios
    "kirkpatrick2017": _article(
        "Kirkpatrick, James and others",
        "Overcoming catastrophic forgetting in neural networks",
        2017,
        "Proceedings of the National Academy of Sciences",
        "114(13)",
        "3521--3526",
    ),
    "schwarz2018": _talk(
        "Schwarz, Jonathan and others",
        "Progress & Compress: A scalable framework for continual learning".replace("&", r"\&"),
        2018,
        ICML,
    ),
    "zenke2017": _talk(
        "Zenke, Friedemann and Poole, Ben and Ganguli, Surya",
        "Continual Learning Through Synaptic Intelligence",
        2017,
        ICML,
    ),
    "aljundi2018": _talk(
        "Aljundi, Rahaf and others",
        "Memory Aware Synapses: Learning what (not) to forget",
        2018,
        ECCV,
    ),
    "hsu2018": _preprint(
        "Hsu, Yen-Chang and others",
        "Re-evaluating Continual Learning Scenarios: A Categorization and Case for Strong "
        "Baselines",
        2018,
        "1810.12488",
    ),
    "vandeven2022": _article(
        "van de Ven, Gido M. and Tuytelaars, Tinne and Tolias, Andreas S.",
        "Three types of incremental learning",
        2022,
        "Nature Machine Intelligence",
        "4",
        "1185--1197",
    ),
    "chaudhry2019": _preprint(
        "Chaudhry, Arslan and others",
        "On Tiny Episodic Memories in Continual Learning",
        2019,
        "1902.10486",
    ),
    "caccia2022": _talk(
        "Caccia, Lucas and others",
        "New Insights on Reducing Abrupt Representation Change in Online Continual Learning",
        2022,
        ICLR,
    ),
    "rebuffi2017": _talk(
        "Rebuffi, Sylvestre-Alvise and others",
        "iCaRL: Incremental Classifier and Representation Learning",
        2017,
        CVPR,
    ),
    "chaudhry2019agem": _talk(
        "Chaudhry, Arslan and others",
        "Efficient Lifelong Learning with A-GEM",
        2019,
        ICLR,
    ),
    "li2016": _talk("Li, Zhizhong and Hoiem, Derek", "Learning without Forgetting", 2016, ECCV),
    "buzzega2020": _talk(
        "Buzzega, Pietro and others",
        "Dark Experience for General Continual Learning: a Strong, Simple Baseline",
        2020,
        NIPS,
    ),
    "prabhu2020": _talk(
        "Prabhu, Ameya and Torr, Philip H. S. and Dokania, Puneet K.",
        "GDumb: A Simple Approach that Questions Our Progress in Continual Learning",
        2020,
        ECCV,
    ),
    "goodfellow2014": _talk(
        "Goodfellow, Ian J. and others",
        "An Empirical Investigation of Catastrophic Forgetting in Gradient-Based Neural Networks",
        2014,
        ICLR,
    ),
    "vitter1985": _article(
        "Vitter, Jeffrey S.",
        "Random Sampling with a Reservoir",
        1985,
        "ACM Transactions on Mathematical Software",
        "11(1)",
        "37--57",
    ),
    # measures of forgetting
    "chaudhry2018": _talk(
        "Chaudhry, Arslan and others",
        "Riemannian Walk for Incremental Learning: Understanding Forgetting and Intransigence",
        2018,
        ECCV,
    ),
    "lopezpaz2017": _talk(
        "Lopez-Paz, David and Ranzato, Marc'Aurelio",
        "Gradient Episodic Memory for Continual Learning",
        2017,
        NIPS,
    ),
    "lomonaco2021": _talk(
        "Lomonaco, Vincenzo and others",
        "Avalanche: an End-to-End Library for Continual Learning",
        2021,
        f"{CVPR} Workshops",
    ),
    "delange2023": _talk(
        "De Lange, Matthias and van de Ven, Gido M. and Tuytelaars, Tinne",
        "Continual evaluation for lifelong learning: Identifying the stability gap",
        2023,
        ICLR,
    ),
    "riemer2019": _talk(
        "Riemer, Matthew and others",
        "Learning to Learn without Forgetting by Maximizing Transfer and Minimizing Interference",
        2019,
        ICLR,
    ),
    # networks and their training
    "kingma2015": _talk(
        "Kingma, Diederik P. and Ba, Jimmy",
        "Adam: A Method for Stochastic Optimization",
        2015,
        ICLR,
    ),
    "duchi2011": _article(
        "Duchi, John and Hazan, Elad and Singer, Yoram",
        "Adaptive Subgradient Methods for Online Learning and Stochastic Optimization",
        2011,
        JMLR,
        "12",
        "2121--2159",
    ),
    "smith2017": _preprint(
        "Smith, Leslie N. and Topin, Nicholay",
        "Super-Convergence: Very Fast Training of Neural Networks Using Large Learning Rates",
        2017,
        "1708.07120",
    ),
    "loshchilov2017": _talk(
        "Loshchilov, Ilya and Hutter, Frank",
        "SGDR: Stochastic Gradient Descent with Warm Restarts",
        2017,
        ICLR,
    ),
    "srivastava2014": _article(
        "Srivastava, Nitish and others",
        "Dropout: A Simple Way to Prevent Neural Networks from Overfitting",
        2014,
        JMLR,
        "15",
        "1929--1958",
    ),
    "ioffe2015": _talk(
        "Ioffe, Sergey and Szegedy, Christian",
        "Batch Normalization: Accelerating Deep Network Training by Reducing Internal Covariate "
        "Shift",
        2015,
        ICML,
    ),
    "he2015": _talk(
        "He, Kaiming and others",
        "Delving Deep into Rectifiers: Surpassing Human-Level Performance on ImageNet "
        "Classification",
        2015,
        "IEEE International Conference on Computer Vision",
    ),
    "he2016": _talk(
        "He, Kaiming and others", "Deep Residual Learning for Image Recognition", 2016, CVPR
    ),
    "glorot2010": _talk(
        "Glorot, Xavier and Bengio, Yoshua",
        "Understanding the difficulty of training deep feedforward neural networks",
        2010,
        AISTATS,
    ),
    "krizhevsky2012": _talk(
        "Krizhevsky, Alex and Sutskever, Ilya and Hinton, Geoffrey E.",
        "ImageNet Classification with Deep Convolutional Neural Networks",
        2012,
        NIPS,
    ),
    # data
    "lecun1998": _article(
        "LeCun, Yann and others",
        "Gradient-based learning applied to document recognition",
        1998,
        "Proceedings of the IEEE",
        "86(11)",
        "2278--2324",
    ),
    "xiao2017": _preprint(
        "Xiao, Han and Rasul, Kashif and Vollgraf, Roland",
        "Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine Learning Algorithms",
        2017,
        "1708.07747",
    ),
    "krizhevsky2009": Reference(
        "techreport",
        "Krizhevsky, Alex",
        "Learning Multiple Layers of Features from Tiny Images",
        2009,
        {"institution": "University of Toronto"},
    ),
    "coates2011": _talk(
        "Coates, Adam and Ng, Andrew and Lee, Honglak",
        "An Analysis of Single-Layer Networks in Unsupervised Feature Learning",
        2011,
        AISTATS,
    ),
    "wei2022": _talk(
        "Wei, Jiaheng and others",
        "Learning with Noisy Labels Revisited: A Study Using Real-World Human Annotations",
        2022,
        ICLR,
    ),
    "hendrycks2019": _talk(
        "Hendrycks, Dan and Dietterich, Thomas",
        "Benchmarking Neural Network Robustness to Common Corruptions and Perturbations",
        2019,
        ICLR,
    ),
    "williams1949": _article(
        "Williams, E. J.",
        "Experimental Designs Balanced for the Estimation of Residual Effects of Treatments",
        1949,
        "Australian Journal of Scientific Research A",
        "2",
        "149--168",
    ),
    # statistics
    "student1908": _article(
        "Student", "The Probable Error of a Mean", 1908, "Biometrika", "6(1)", "1--25"
    ),
    "fisher1935": _book("Fisher, Ronald A.", "The Design of Experiments", 1935, "Oliver and Boyd"),
    "welch1947": _article(
        "Welch, B. L.",
        "The generalization of `Student's' problem when several different population variances "
        "are involved",
        1947,
        "Biometrika",
        "34(1-2)",
        "28--35",
    ),
    "mann1947": _article(
        "Mann, H. B. and Whitney, D. R.",
        "On a Test of Whether one of Two Random Variables is Stochastically Larger than the Other",
        1947,
        "Annals of Mathematical Statistics",
        "18(1)",
        "50--60",
    ),
    "westfall1993": _book(
        "Westfall, Peter H. and Young, S. Stanley",
        "Resampling-Based Multiple Testing",
        1993,
        "Wiley",
    ),
    "friedman1937": _article(
        "Friedman, Milton",
        "The Use of Ranks to Avoid the Assumption of Normality Implicit in the Analysis of "
        "Variance",
        1937,
        JASA,
        "32(200)",
        "675--701",
    ),
    "schuirmann1987": _article(
        "Schuirmann, Donald J.",
        "A comparison of the two one-sided tests procedure and the power approach for assessing "
        "the equivalence of average bioavailability",
        1987,
        "Journal of Pharmacokinetics and Biopharmaceutics",
        "15(6)",
        "657--680",
    ),
    "wilson1927": _article(
        "Wilson, Edwin B.",
        "Probable Inference, the Law of Succession, and Statistical Inference",
        1927,
        JASA,
        "22(158)",
        "209--212",
    ),
    "hahn1991": _book(
        "Hahn, Gerald J. and Meeker, William Q.",
        "Statistical Intervals: A Guide for Practitioners",
        1991,
        "Wiley",
    ),
    "holm1979": _article(
        "Holm, Sture",
        "A Simple Sequentially Rejective Multiple Test Procedure",
        1979,
        "Scandinavian Journal of Statistics",
        "6(2)",
        "65--70",
    ),
    "lan1983": _article(
        "Lan, K. K. Gordon and DeMets, David L.",
        "Discrete Sequential Boundaries for Clinical Trials",
        1983,
        "Biometrika",
        "70(3)",
        "659--663",
    ),
}
"""By the keys that BibTeX is given."""

"""What engines remark on their work, in words."""

from collections.abc import Iterable, Mapping

FLAGS: Mapping[str, str] = {
    "uncertain": "look at it before you use it",
    "busy_background": "the background is busy",
    "low_contrast": "the object hardly stands out",
    "touches_frame": "the object runs out of the photo",
    "tiny_subject": "the object is very small",
    "soft_outline": "much of the outline is half transparent",
    "hints_unused": "the engine could not use the hints",
    "non_commercial": "made by an engine that is not for commercial use",
}


def in_words(flags: Iterable[str]) -> list[str]:
    """One remark for each flag; an engine may have flags that nobody here knows."""
    return [FLAGS.get(flag, flag.replace("_", " ")) for flag in flags]

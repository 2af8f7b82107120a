"""A grading process that ends without a word at one submission."""


def dying_at(name: str) -> str:
    """What, as sitecustomize.py, ends the processes of the pool, and the one that tries again alone, at that submission."""
    return f"""import os, sys
if "popen_loky" in " ".join(sys.orig_argv) or "--multiprocessing-fork" in sys.orig_argv:
    from utils.grading import grade
    examine = grade.examine
    def dying(path, *arguments):
        return os._exit(3) if path.endswith({name!r}) else examine(path, *arguments)
    grade.examine = dying
"""

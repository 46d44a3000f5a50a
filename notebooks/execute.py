"""Runs the notebooks with the Java kernel and stores what they print.

    python3 notebooks/execute.py                      all of them, in place
    python3 notebooks/execute.py --to DIR 02 05       some of them, into another folder

Needs nbclient (pip install nbclient, or Debian's python3-nbclient), and the kernel that
"./mvnw -q -DskipTests package" leaves in examples/target/jupyter.
"""

import argparse
import concurrent.futures
import importlib.util
import os
import pathlib
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
JUPYTER = HERE.parent / "examples" / "target" / "jupyter"
SECONDS_TO_START = 40
ATTEMPTS_TO_START = 6
SECONDS_A_CELL = 300


def merge_streams(outputs):
    """A kernel sends a printed line in pieces; one output holds them all."""
    merged = []
    for output in outputs:
        last = merged[-1] if merged else None
        if (
            last is not None
            and output.output_type == last.output_type == "stream"
            and output.name == last.name
        ):
            last.text += output.text
        else:
            merged.append(output)
    return merged


def run(notebook):
    import nbclient

    client = nbclient.NotebookClient(
        notebook,
        timeout=SECONDS_A_CELL,
        startup_timeout=SECONDS_TO_START,
        record_timing=False,
        resources={"metadata": {"path": str(HERE)}},
    )
    for attempt in range(ATTEMPTS_TO_START):
        try:
            client.execute()
            return
        except RuntimeError as error:
            # Jupyter chooses free ports before the kernel opens them, and another program may be
            # faster; other ports may do.
            if "didn't respond" not in str(error) or attempt == ATTEMPTS_TO_START - 1:
                raise


def execute(source, target):
    import nbformat

    start = time.monotonic()
    notebook = nbformat.read(source, as_version=4)
    try:
        run(notebook)
    except Exception as error:
        return f"{source.name}: {error}"
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = merge_streams(cell.outputs)
    nbformat.write(notebook, target)
    print(f"{source.name}: {time.monotonic() - start:.1f} s", flush=True)
    return None


def main():
    parser = argparse.ArgumentParser(description="Runs the notebooks and stores what they print.")
    parser.add_argument("--to", metavar="DIR", type=pathlib.Path, default=HERE,
                        help="where the notebooks go, default their own folder")
    parser.add_argument("--jobs", type=int, default=min(4, os.cpu_count() or 1),
                        help="how many run at a time, default %(default)s")
    parser.add_argument("number", nargs="*", help="01 to 07, default all")
    arguments = parser.parse_args()
    if not (JUPYTER / "kernels").is_dir():
        sys.exit(f"there is no kernel in {JUPYTER}; run ./mvnw -q -DskipTests package first")
    if importlib.util.find_spec("nbclient") is None:
        sys.exit(f"{sys.executable} has no nbclient; pip install nbclient, or on Debian"
                 " apt-get install python3-nbclient and start this with /usr/bin/python3")
    os.environ["JUPYTER_PATH"] = str(JUPYTER)
    sources = [path for path in sorted(HERE.glob("*.ipynb"))
               if not arguments.number or path.name[:2] in arguments.number]
    if not sources:
        sys.exit(f"there is no notebook {' or '.join(arguments.number)} in {HERE}")
    arguments.to.mkdir(parents=True, exist_ok=True)
    with concurrent.futures.ProcessPoolExecutor(max(1, arguments.jobs)) as pool:
        targets = [arguments.to / source.name for source in sources]
        failures = [failure for failure in pool.map(execute, sources, targets) if failure]
    if failures:
        sys.exit("\n".join(failures))


if __name__ == "__main__":
    main()

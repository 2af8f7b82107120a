"""Invented trainings, and what they would print: one function for each shape of log that students print."""

import json
import random
from dataclasses import dataclass

from tests.grading.first_attempt import log_audit
from utils.grading.submission.contents import read_submission

BARS = "██████████"


@dataclass(frozen=True)
class Trained:
    """One invented epoch; `index` counts from 0, losses are averages, the counts are out of 50,000 and 10,000 images."""

    index: int
    train_loss: float
    train_correct: int
    test_loss: float
    test_correct: int
    seconds: int = 20

    @property
    def train(self) -> float:
        return self.train_correct / 500

    @property
    def test(self) -> float:
        return self.test_correct / 100


def training(epochs=30, top=86.5, seed=0) -> list[Trained]:
    """A course like those that networks of this size take: fast, then slow, and never quite smooth."""
    rng, course = random.Random(seed), []
    for index in range(epochs):
        grown = 1 - 0.86 ** (index + 1) * (0.95 if index else 1)
        test = 38 + (top - 38) * grown + rng.gauss(0, 0.25)
        train = 28 + (top - 3.5 - 28) * grown + rng.gauss(0, 0.1)
        course.append(
            Trained(
                index,
                rng.gauss(2.75, 0.01) * (1 - train / 100),
                round(500 * train),
                rng.gauss(2.9, 0.02) * (1 - test / 100),
                round(100 * test),
                rng.randint(15, 24),
            )
        )
    return course


def bar(epoch, steps=98, left=""):
    return f"{left}: 100%|{BARS}| {steps}/{steps} [00:{epoch.seconds:02d}<00:00, {steps / epoch.seconds:5.2f}it/s]"


def _step(epoch, names=("Loss", "Batch_id", "Accuracy")):
    loss = random.Random(epoch.index).gauss(epoch.train_loss, 0.1)
    return f"{names[0]}={loss} {names[1]}=97 {names[2]}={epoch.train:.2f}"


def _test_set(epoch):
    return f"Test set: Average loss: {epoch.test_loss:.4f}, Accuracy: {epoch.test_correct}/10000 ({epoch.test:.2f}%)\n"


def tqdm_from_0(course):
    return "".join(f"EPOCH: {e.index}\n{bar(e, left=_step(e))}\n\n{_test_set(e)}\n" for e in course)


def tqdm_train_colon_from_1(course):
    return "".join(
        f"Epoch {e.index + 1}\n{bar(e, left='Train: ' + _step(e))}\n{_test_set(e)}\n"
        for e in course
    )


def tqdm_with_lr(course):
    return "".join(
        f"EPOCH = {e.index + 1} | LR = 0.01 | Loss = {e.train_loss:.2f} | Batch = 97 | Accuracy = {e.train:.2f}"
        f"{bar(e)}\n{_test_set(e)}\n"
        for e in course
    )


def tqdm_bar_before_the_number(course):
    start = "  0%|          | 0/98 [00:00<?, ?it/s]"
    return "".join(
        f"{start}Epoch: {e.index + 1} Learning_Rate 0.003\n{bar(e, left=_step(e))}\n{start}\n{_test_set(e)}\n"
        f"Test acc: {e.test:.2f}\n"
        for e in course
    )


def redrawn_by_carriage_return(course):
    half, whole = (
        "31%|███       | 30/98 [00:05<00:12,  5.5it/s]",
        "100%|██████████| 98/98 [00:16<00:00,  6.1it/s]",
    )
    return "".join(
        f"EPOCH: {e.index}\n\rLoss={e.train_loss + 1} Batch_id=29 Accuracy={e.train - 2:.2f}: {half}"
        f"\rLoss={e.train_loss} Batch_id=97 Accuracy={e.train:.2f}: {whole}\n{_test_set(e)}"
        for e in course
    )


def two_bars(course):
    return "".join(
        f"Training Epoch: {e.index + 1}\n"
        + bar(
            e, 391, f"Training Set: Loss={e.train_loss}, Batch_id=390, Train Accuracy={e.train:.2f}"
        )
        + "\n"
        + bar(e, 79, f"Test Set: Loss={e.test_loss}, Batch_id=78, Test Accuracy={e.test:.2f}")
        + "\n"
        for e in course
    )


def counts_in_both_bars(course):
    return "".join(
        f"\nEpoch: {e.index}\n [====>]  Step: 40ms | Loss: {e.train_loss:.3f} | Acc: {e.train:.3f}% "
        f"({e.train_correct}/50000) 98/98 \n [====>]  Step: 9ms | Loss: {e.test_loss:.3f} | Acc: {e.test:.3f}% "
        f"({e.test_correct}/10000) 20/20 \n"
        for e in course
    )


def plain_dashes(course):
    return "".join(
        f"Epoch {e.index + 1}/{len(course)} - loss {e.train_loss:.4f} - acc {e.train / 100:.4f} - "
        f"val_loss {e.test_loss:.4f} - val_acc {e.test / 100:.4f}\n"
        for e in course
    )


def plain_per_cent(course):
    return "".join(
        f"Epoch [{e.index + 1}/{len(course)}], Loss: {e.train_loss:.4f}, Train Acc: {e.train:.2f}%, "
        f"Test Acc: {e.test:.2f}%\n"
        for e in course
    )


def plain_bars_between(course):
    return "".join(
        f"Epoch: {e.index + 1:02d} | Time: 12.3s | Train Loss: {e.train_loss:.3f} | Train Acc: {e.train:.2f}% | "
        f"Test Loss: {e.test_loss:.3f} | Test Acc: {e.test:.2f}% | best {99:.2f}%\n"
        for e in course
    )


def block_of_lines(course):
    return "".join(
        f"Epoch {e.index + 1}/{len(course)}\n{'-' * 10}\nTrain Loss:     {e.train_loss:.4f}\nTrain Accuracy: "
        f"{e.train:.2f}%\nTest Loss: {e.test_loss:.4f}\nTest Accuracy:  {e.test:.2f}%\n\n"
        for e in course
    )


def keras(course):
    lines = []
    for e in course:
        numbers = (
            f"loss: {e.train_loss:.4f} - accuracy: {e.train / 100:.4f} - val_loss: {e.test_loss:.4f} - "
            f"val_accuracy: {e.test / 100:.4f}"
        )
        lines += [
            f"Epoch {e.index + 1}/{len(course)}",
            f"98/98 [==============================] - 8s 84ms/step - {numbers}",
            f"Epoch {e.index + 1:05d}: val_accuracy improved from 0.10000 to 0.99000, saving model",
        ]
    return "\n".join(lines)


def keras_3(course):
    return "".join(
        f"Epoch {e.index + 1}/{len(course)}\n98/98 ━━━━━━━━━━━━━━━━━━━━ 8s 84ms/step - "
        f"accuracy: {e.train / 100:.4f} - loss: {e.train_loss:.4f} - "
        f"val_accuracy: {e.test / 100:.4f} - val_loss: {e.test_loss:.4f}\n"
        for e in course
    )


def lightning_bars(course):
    frames = []
    for before, e in zip([None, *course], course):
        stale = (
            f", val_loss={before.test_loss:.3f}, val_acc={before.test / 100:.4f}" if before else ""
        )
        frames += [
            f"Epoch {e.index}:  50%|█████     | 49/98 [00:05<00:05, 9.2it/s, loss=0.5, v_num=0{stale}]",
            f"Epoch {e.index}: 100%|{BARS}| 98/98 [00:10<00:00,  9.2it/s, loss=0.4, v_num=0, "
            f"val_loss={e.test_loss:.3f}, val_acc={e.test / 100:.4f}, train_acc={e.train / 100:.4f}]",
        ]
    return "\r".join(frames)


def lightning_checkpoints(course):
    return "".join(
        f"Epoch {e.index}, global step {98 * (e.index + 1)}: 'val_acc' reached {e.test / 100:.5f} "
        "(best 0.99000), saving model to 'a.ckpt' as top 1\n"
        for e in course
    )


def after_epoch(course):
    return "".join(
        f"Epoch {e.index + 1} complete. Loss: {e.train_loss:.4f}\nTest Accuracy after epoch {e.index + 1}: "
        f"{e.test:.2f}%\nBest model saved!\n"
        for e in course
    )


def bracketed(course):
    return "".join(
        f"[ {e.index + 1:2d}] train loss: {e.train_loss:.3f}\n[ {e.index + 1:2d}] train acc: {e.train:.3f}\n"
        f"[ {e.index + 1:2d}] test loss: {e.test_loss:.3f}\n[ {e.index + 1:2d}] test acc: {e.test:.3f}\n"
        for e in course
    )


def without_numbers(course):
    return "".join(f"{bar(e, left=_step(e))}\n{_test_set(e)}\n" for e in course)


def only_tests(course):
    return "".join(_test_set(e) for e in course)


def one_line_without_numbers(course):
    return "".join(
        f"Train Loss: {e.train_loss:.5f} | Test Loss: {e.test_loss:.5f}, Test acc: {e.test:.2f}%\n"
        for e in course
    )


def csv_file(course):
    rows = [
        f"{e.index},{e.train_loss:.4f},{e.train:.2f},{e.test_loss:.4f},{e.test:.2f}" for e in course
    ]
    return "\n".join(["epoch,train_loss,train_acc,test_loss,test_acc", *rows])


def csv_of_lightning(course):
    lines = ["epoch,step,train_acc,train_loss,val_acc,val_loss"]
    for e in course:
        lines += [
            f"{e.index},97,,,{e.test / 100:.4f},{e.test_loss}",
            f"{e.index},97,{e.train / 100:.4f},{e.train_loss},,",
        ]
    return "\n".join(lines)


def markdown_table(course):
    rows = [f"| {e.index + 1} | {e.train:.2f}% | **{e.test:.2f}%** |" for e in course]
    return "\n".join(["| Epoch | Train Acc | Test Acc |", "|---|:---:|---:|", *rows])


def tabs_of_fastai(course):
    rows = [
        f"{e.index}\t{e.train_loss:.6f}\t{e.test_loss:.6f}\t{e.test / 100:.6f}\t00:12"
        for e in course
    ]
    return "\n".join(["epoch\ttrain_loss\tvalid_loss\taccuracy\ttime", *rows])


def errors_of_fastai(course):
    rows = [
        f"{e.index:<10}{e.train_loss:<12.6f}{e.test_loss:<12.6f}{1 - e.test / 100:<12.6f}00:12"
        for e in course
    ]
    return "\n".join(["epoch     train_loss  valid_loss  error_rate  time", *rows])


def quickstart(course):
    """As PyTorch's own tutorial prints it, with two decimals."""
    rows = "-" * 31
    return "".join(
        f"Epoch {e.index + 1}\n{rows}\nloss: {e.train_loss + 0.1:.6f}  [   64/50000]\n"
        f"loss: {e.train_loss:.6f}  [49984/50000]\n"
        f"Test Error: \n Accuracy: {e.test:.2f}%, Avg loss: {e.test_loss:.6f} \n\n"
        for e in course
    )


def keras_sparse(course):
    return keras(course).replace("accuracy", "sparse_categorical_accuracy")


NUMBERED = (
    tqdm_from_0,
    tqdm_train_colon_from_1,
    tqdm_with_lr,
    tqdm_bar_before_the_number,
    redrawn_by_carriage_return,
    two_bars,
    counts_in_both_bars,
    plain_dashes,
    plain_per_cent,
    plain_bars_between,
    block_of_lines,
    keras,
    keras_3,
    lightning_bars,
    lightning_checkpoints,
    after_epoch,
    bracketed,
    csv_file,
    csv_of_lightning,
    markdown_table,
    tabs_of_fastai,
    errors_of_fastai,
    quickstart,
    keras_sparse,
)
UNNUMBERED = (without_numbers, only_tests, one_line_without_numbers)


def notebook(*outputs, sources=None) -> str:
    """A notebook with one code cell for each text (or list of outputs, each a (stream name, text))."""
    cells = []
    for place, output in enumerate(outputs):
        streams = [("stdout", output)] if isinstance(output, str) else output
        cells.append(
            {
                "cell_type": "code",
                "execution_count": place + 1,
                "metadata": {},
                "source": sources[place] if sources else "train(model)",
                "outputs": [
                    {"output_type": "stream", "name": name, "text": text.splitlines(True)}
                    for name, text in streams
                ],
            }
        )
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells})


def audit(tmp_path, *outputs, target=85.0):
    """The log audit of a notebook whose cells printed `outputs`."""
    tmp_path.mkdir(exist_ok=True)
    (tmp_path / "S9.ipynb").write_text(notebook(*outputs), encoding="utf-8")
    return log_audit(read_submission(tmp_path), "S9.ipynb", target)


def value(found, name):
    return found.facts[name].value


def figures(found):
    return tuple(value(found, name) for name in ("epochs", "best_test_accuracy", "best_epoch"))

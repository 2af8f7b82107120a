"""Sentences as students write them, each with the verdict that is right, or none where they claim nothing."""

import pytest

from tests.grading.claims.of_readme import BEST, COURSE, FIRST, TRAINED, of_readme
from utils.grading.facts import Fact

LAST = COURSE[-1]
AT_BEST = BEST.train
KNOWN = {
    "parameters": Fact(126_634),
    "receptive_field": Fact(51),
    "receptive_field_with_pool": Fact(79),
    "depthwise_separable": Fact(True),
    "dilated": Fact(False, "no dilation is larger than 1"),
    "global_average_pooling": Fact(True),
    "max_pooling": Fact(False),
    "horizontal_flip": Fact(True),
    "shift_scale_rotate": Fact(False),
}
B, L, T, N = f"{BEST.test:.2f}", f"{LAST.test:.2f}", f"{TRAINED:.2f}", BEST.index

RIGHT = (
    f"The model reaches {B}% test accuracy.",
    f"Highest validation accuracy: {B} %",
    f"Best val acc = {BEST.test / 100:.4f}",
    f"* **Best Test Accuracy** : **{B}%**",
    f"Test Accuracy: {B}% (at epoch {N})",
    f"Test accuracy is {B}% after {N + 1} epochs.",
    f"After {N + 1} epochs the best test accuracy was {B}%.",
    f"Our model has 1,26,634 params and reaches {B}% test accuracy.",
    f"Finally we got a test accuracy of {L}% at the last epoch.",
    f"Final test accuracy = {L}",
    f"Test accuracy: {B}%, train accuracy: {AT_BEST:.2f}%",
    f"We achieved {str(BEST.test)[:4]}% accuracy.",
    f"Best training accuracy: {T}%",
    f"Train accuracy {T}% and test accuracy {B}%",
    f"Max accuracy of {B}% was reached at epoch {N}.",
    "The network crossed the 85% mark.",
    "Our CNN exceeds 84% on the test set.",
    f"This model achieves an accuracy of {B}% using 126,634 parameters in 30 epochs.",
    "Total parameters: 126,634",
    "The network has 126k parameters.",
    "It has 127K trainable parameters.",
    "Number of params: 126634",
    "| Parameters | 126,634 |",
    "Our model uses only 126,634 parameters (< 200k).",
    "The total number of parameters is less than 200,000.",
    "There are a total of 126634 parameters in the model.",
    "Receptive Field = 51",
    "Final RF: 51 x 51",
    "The network has a receptive field of 51.",
    "The model has an RF of 51 at the end.",
    "Our network has a final receptive field of 51 and 126,634 parameters.",
    "Total RF is more than 44 in our model.",
    "We used depthwise separable convolutions and global average pooling.",
    "We have used Depthwise Separable Convolution.",
    "GAP is used in our network.",
    "We do not use dilated convolution.",
    "Our model uses no max pooling.",
    "We applied horizontal flip.",
    "Depthwise separable convolutions are used to reduce the number of parameters.",
    "The model was trained for 30 epochs.",
    "Total epochs: 30",
    "Number of epochs = 30",
    f"We reached 85% in epoch {FIRST}.",
    f"85% is reached within {FIRST + 3} epochs.",
    "We were able to achieve 85% accuracy.",
    f"By epoch {FIRST + 1} the test accuracy reached 85%.",
    "The network possesses 126 634 parameters, that is 63 % of the budget.",
    "There are 126,634 parameters in total, so about 73,000 would still have been free.",
    "In total it makes 126_634 parameters, so less than the 200,000 that were permitted.",
    "With 126,634 trainable parameters we remain under the limit of 200,000.",
    "Total number of parametres: 126.6 k.",
    "The receptive field in front of the pooling is 51 pixels, more than the picture has.",
    "Receptive field at the input of GAP comes out to be 51, against the required 44.",
    "Thanks to the dilations the receptive field before the pooling attains 51 pixels.",
    "It ran for 30 epochs with a maximal learning rate of 0.1.",
    "The training lasted 30 epochs.",
    f"After 30 epochs the network obtains {L} % on the test set, and that suffices.",
    f"The best epoch was number {N} with {B} %, and its weights are kept.",
    f"At the last epoch we have {L} %.",
    f"The best accuracy is {B.replace('.', ',')} % on test.",
    "The mark of 85 % was passed for the first time in epoch " + f"{FIRST}.",
    f"Test accuracy first exceeded 85 % in epoch {FIRST}.",
    f"First time over 85%: epoch {FIRST}",
    "The required 85 percent are therefore exceeded.",
    "There is no max pooling.",
    "Max pooling does not occur.",
)

WRONG = (
    "The model reaches 91.30% test accuracy.",
    "Highest validation accuracy: 88.10 %",
    "Best val acc = 0.9120",
    "This model achieves an accuracy of 99.46% in 80 epochs.",
    f"Final test accuracy = {LAST.test - 3:.2f}",
    f"The best training accuracy is {TRAINED - 0.6:.2f}%.",
    "Best Training Accuracy: 97.20%",
    "The accuracy exceeds 90%.",
    "The model has 14k parameters.",
    "Parameters: 185,936",
    "It has 0.21M trainable parameters.",
    "| Parameters | 98,500 |",
    "Our model has more than 150,000 parameters.",
    "Receptive Field = 67",
    "The network has a receptive field of 45.",
    "We used dilated convolutions in our network.",
    "The network does not use depthwise separable convolution.",
    "We applied ShiftScaleRotate.",
    "The model was trained for 60 epochs.",
    "Total epochs: 75",
    f"We reached 85% at epoch {FIRST + 6}.",
    "Our network reached 85% within 6 epochs.",
    "Our network has 126,634 parameters and a receptive field of 63.",
    "The model has 150,314 parameters, so the limit of 200k is respected.",
    "The network possesses 154 146 parameters.",
    "The receptive field is 83, which is more than twice the width of the picture.",
    "The receptive field before the pooling is 83.",
    "The best test accuracy is 91.34 %, with which the demanded 85 % are clearly exceeded.",
    "The accuracy is 81,72 % on test.",
    "I trained the network for 40 epochs with a batch size of 128.",
    "The network was trained for 75 epochs with AdamW (lr=0.0015, weight decay 1e-4), cosine annealing.",
    "The mark of 85 % was passed in epoch " + f"{FIRST - 8}.",
    "C3 uses a dilated convolution.",
    "The second convolution of C3 is dilated with a dilation rate of 2.",
    "C2 and C3 use dilated convolutions, it saves many parameters.",
    "In block 2 we used depthwise separable convolutions and in block 3 dilated convolutions.",
)

SILENT = (  # neither true nor false
    "- block 1: RF=7",
    "First block: output 32x32x8, RF=5",
    "- block 2 output 8x8, RF=19, no dilation",
    "Layer 9: RF 43",
    "I began with a tiny network whose accuracy did not exceed 74%.",
    "The accuracy did not exceed 74%.",
    "With a fixed learning rate the best test accuracy within the first 3 epochs was only 60.83%.",
    "TTA accuracy: 88.24%",
    "EMA test accuracy: 89.01%",
    "Trained for up to 200 epochs with early stopping",
    "- Brightness and value modification (50%)",
    "The previous version reached 81.20% test accuracy.",
    "My first model had 320,000 parameters.",
    "Baseline accuracy: 72.4%",
    "Without augmentation the test accuracy was 79.10%.",
    "The aim was an accuracy of 90%.",
    "Our objective: 85% accuracy",
    "Target accuracy: 90%",
    "Parameters < 200,000",
    "Test accuracy >= 85%",
    "Reach 80% accuracy in CIFAR-10 classification",
    "Achieving 92.59% test accuracy after 100 epochs is possible with ResNet18.",
    "ResNet18 has 11,173,962 parameters.",
    "The gap between training and test accuracy is 11%.",
    "Dropout of 10% is used in our network.",
    "The learning rate is reduced by 50% after 10 epochs.",
    "Accuracy improved from 62.10% to 71.30%.",
    "The small one ends at 80.1%, the wide one at 90.1%.",
    "Train/Test Accuracy: 77.61%, 95.36%",
    "Top-5 accuracy: 99.1%",
    "Accuracy of cat: 71%, of dog: 77%",
    "Epoch 12: test accuracy 82.20%",
    "Epoch 5/30 - val_acc: 0.7112",
    "Trained by Smith et al. to 96.01% accuracy (2016).",
    "He et al. report an accuracy of 93.57% on CIFAR-10.",
    "Dilated + strided convolution is used in blocks 2 and 3.",
    "Dilated convolution is used in block 3 of the second network.",
    "Depthwise separable convolution is used in block 3.",  # which block was not checked
    "Block 3 does not use depthwise separable convolution.",
    "C3 could use a dilated convolution.",
    "In DeepLab the last blocks are dilated.",
    "C3 has 90,000 parameters.",
    "Block 2 has a receptive field of 23.",
    "The model had 320,000 parameters, so I made it smaller.",
    "It has 320,000 parameters, so I reduced the width.",
    "The network counts 320,000 parameters, so it is not allowed.",
    "The network has 320,000 parameters, which exceeds the limit.",
    "A VGG network has 15,000,000 parameters, that is 100 times more.",
    "The best accuracy is 91.20 %, i.e. on the training set.",
    "The test accuracy is 91.20 %, so with TTA it would be more.",
    "The test accuracy has been 91.20 %, that is with TTA.",
    "The LR finder comes first. It ran for 3 epochs.",
    "A first attempt diverged. It ran for 12 epochs.",
    "The first training lasted 12 epochs.",
    "It ran for 12 epochs with SGD, then 30 epochs with Adam.",
    "The last one of the tries has 91.20% accuracy.",
    "The objective of 90 % is hence not attained.",
    "Has it 126,634 parameters?",
    f"If I trained longer I would get {B} % accuracy.",
    f"It did not get to {B} % test accuracy with them.",
    "Dilated convolution increases the receptive field.",
    "Depthwise convolution is used in MobileNet.",
    "Total params: 11,338",
    "Trainable params: 11,338",
    "> Reach 91% accuracy",
    "[Best accuracy: 91%](#results)",
    "The LR finder ran for 3 epochs.",
    "After 2 epochs the accuracy was about 45%.",
    "The first 5 epochs are warm-up.",
    "We plan to train for 100 epochs.",
    "We should reach 90% accuracy.",
    "It could reach 90% with 300 epochs of training.",
    "The accuracy of the second network is 91.2%.",
    "Ensemble accuracy: 90.20%",
    "Use at most 200,000 parameters.",
    "The validation accuracy stays above 89% after 18 epochs.",
    "Test accuracy (without augmentation): 78.20%",
    "Each epoch reached 90% GPU utilization.",
    "10% of the training data is held out.",
    "Accuracy on the noisy test set: 44.10%",
    "The quantized model reaches 79.2% accuracy.",
    "Batch size 128, 40 epochs, OneCycleLR with max lr 0.1",
    "Params size (MB): 0.48",
    "Model 2 has 97,284 parameters.",
)


def verdicts(tmp_path, text):
    return [one.verdict for one in of_readme(tmp_path, f"# Network\n\n{text}\n", KNOWN)]


@pytest.mark.parametrize("text", RIGHT)
def test_what_is_right_is_called_true(tmp_path, text):
    assert verdicts(tmp_path, text) == ["true"]


@pytest.mark.parametrize("text", WRONG)
def test_what_is_wrong_is_called_false(tmp_path, text):
    assert verdicts(tmp_path, text) == ["false"]


@pytest.mark.parametrize("text", SILENT)
def test_what_is_not_of_the_final_result_is_no_claim(tmp_path, text):
    assert verdicts(tmp_path, text) in ([], ["unverifiable"])


@pytest.mark.parametrize(
    "text, expected",
    [
        ("Params went down to ~171k; trained 8 epochs; reached ~77% accuracy.", []),
        ("Achieved ~70% accuracy in less than 20 epochs.", ["unverifiable"]),
        (f"Best accuracy: {B}%\nTraining took 5 minutes.", ["true"]),
        ("Best accuracy: 81.11%\nParameters: 126,634", ["false", "true"]),
        ("The training goes on\nuntil our model has reached\n91.20% test accuracy.", []),
        (f"| Metric | Value |\n|---|---|\n| Test accuracy | {B}% |", ["true"]),
        ("| Network | ResNet18 |\n|---|---|\n| Test accuracy | 93.10% |", []),
    ],
)
def test_lines_are_joined_only_where_a_sentence_goes_on(tmp_path, text, expected):
    assert verdicts(tmp_path, text) == expected


@pytest.mark.parametrize(
    "heading, expected",
    [
        ("# The objective is 85 % on CIFAR-10", ["unverifiable"]),
        ("# Task: image classification", ["unverifiable"]),
        ("## Results", ["false"]),
        ("## Objective", []),
        ("## Problem Statement", []),
        ("**Requirements:**", []),
        ("### Assignment", []),
        ("## Targets", []),
        ("## Experiment 2", ["unverifiable"]),
        ("## Baseline", ["unverifiable"]),
        ("## Second (another network)", ["unverifiable"]),
        ("## `old/cifar10_v3.ipynb`", ["unverifiable"]),
        ("## 3. Model", ["false"]),
    ],
)
def test_a_heading_says_of_what_its_section_is(tmp_path, heading, expected):
    text = f"# Network\n\n{heading}\n\nThe model has a test accuracy of 91.20%.\n"
    assert [one.verdict for one in of_readme(tmp_path, text, KNOWN)] == expected


def test_the_same_words_below_another_heading_are_another_claim(tmp_path):
    text = f"## First\n\n* Test accuracy: {B}%\n\n## Second (another network)\n\n* Test accuracy: {B}%\n"
    assert [one.verdict for one in of_readme(tmp_path, text, KNOWN)] == ["true", "unverifiable"]
    assert len(of_readme(tmp_path, f"Test accuracy: {B}%\n\nTest accuracy: {B}%\n", KNOWN)) == 1


def test_a_text_log_claims_nothing(tmp_path):
    log = "".join(
        f"Epoch {one.index + 1}/30\nTrain Acc: {one.train:.2f}%\nTest Acc: {one.test:.2f}%\n\n"
        for one in COURSE
    )
    (tmp_path / "run_1.txt").write_text(f"Training begins.\n{log}Best test accuracy: 99.00%\n")
    assert of_readme(tmp_path, "Nothing to say.\n", KNOWN) == []

"""The network. This one is a stub: three convolutions and a linear layer. Replace it by yours."""

from torch import nn


class Net(nn.Module):
    """Images (N, 3, 32, 32) -> scores of the classes (N, 10), before softmax."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 8, 3, stride=2, padding=1),  # -> (N, 8, 16, 16)
            nn.ReLU(),
            nn.Conv2d(8, 16, 3, stride=2, padding=1),  # -> (N, 16, 8, 8)
            nn.ReLU(),
            nn.Conv2d(16, 16, 3, stride=2, padding=1),  # -> (N, 16, 4, 4)
            nn.ReLU(),
        )
        self.classifier = nn.Linear(16 * 4 * 4, 10)

    def forward(self, x):
        x = self.features(x)
        return self.classifier(x.flatten(1))

"""Training and testing. `fit` prints a line for each epoch: keep this log in your notebook."""

import torch
import torch.nn.functional as F


def train(model, device, loader, optimizer):
    """One epoch; returns the mean loss and the accuracy in per cent."""
    model.train()
    total, right = 0.0, 0
    for images, labels in loader:
        images, labels = images.to(device), labels.to(device)
        optimizer.zero_grad()
        scores = model(images)
        loss = F.cross_entropy(scores, labels)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(labels)
        right += (scores.argmax(1) == labels).sum().item()
    count = len(loader.dataset)
    return total / count, 100 * right / count


@torch.no_grad()
def test(model, device, loader):
    """Returns the mean loss and the number of right answers."""
    model.eval()
    total, right = 0.0, 0
    for images, labels in loader:
        images, labels = images.to(device), labels.to(device)
        scores = model(images)
        total += F.cross_entropy(scores, labels, reduction="sum").item()
        right += (scores.argmax(1) == labels).sum().item()
    return total / len(loader.dataset), right


def fit(model, device, train_loader, test_loader, epochs, lr=0.001):
    """Train with Adam and test after each epoch."""
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    count = len(test_loader.dataset)
    for epoch in range(epochs):
        train_loss, train_accuracy = train(model, device, train_loader, optimizer)
        test_loss, right = test(model, device, test_loader)
        print(f"Epoch {epoch}")
        print(f"Train: Average loss: {train_loss:.4f}, Accuracy: {train_accuracy:.2f}%")
        print(
            f"Test: Average loss: {test_loss:.4f}, "
            f"Accuracy: {right}/{count} ({100 * right / count:.2f}%)\n"
        )

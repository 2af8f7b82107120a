"""Training and testing. `fit` prints a line for each epoch: keep this log in your notebook."""

import os

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


def fit(model, device, train_loader, test_loader, epochs, lr=0.001, keep=None):
    """Train with Adam and test after each epoch.

    With `keep`, the name of a file, it saves everything there after each epoch. Called again after an interruption, it
    prints the log so far and goes on. Choose a new name whenever you change the network, the data or the augmentation.
    """
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    count, log = len(test_loader.dataset), []
    if keep and os.path.exists(keep):
        saved = torch.load(keep, map_location=device, weights_only=True)
        model.load_state_dict(saved["model"])
        optimizer.load_state_dict(saved["optimizer"])
        log = saved["log"]
        print("".join(log), end="")
    for epoch in range(len(log), epochs):
        train_loss, train_accuracy = train(model, device, train_loader, optimizer)
        test_loss, right = test(model, device, test_loader)
        text = (
            f"Epoch {epoch}\n"
            f"Train: Average loss: {train_loss:.4f}, Accuracy: {train_accuracy:.2f}%\n"
            f"Test: Average loss: {test_loss:.4f}, "
            f"Accuracy: {right}/{count} ({100 * right / count:.2f}%)\n\n"
        )
        print(text, end="")
        log.append(text)
        if keep:
            state = {
                "model": model.state_dict(),
                "optimizer": optimizer.state_dict(),
                "log": log,
            }
            torch.save(state, f"{keep}.new")
            os.replace(f"{keep}.new", keep)  # an interruption never leaves half a file

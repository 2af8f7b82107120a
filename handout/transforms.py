"""What is done to an image before the network sees it. Add your augmentation to TRAIN."""

import albumentations as A
from albumentations.pytorch import ToTensorV2

# Mean and standard deviation of CIFAR-10's training images, per colour, on a scale of 0 to 1.
MEAN = (0.4914, 0.4822, 0.4465)
STD = (0.2470, 0.2435, 0.2616)

TRAIN = A.Compose([A.Normalize(mean=MEAN, std=STD), ToTensorV2()])
TEST = A.Compose([A.Normalize(mean=MEAN, std=STD), ToTensorV2()])

"""What the training and export scripts share."""

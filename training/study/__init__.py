"""What only the comparison with the original study needs."""

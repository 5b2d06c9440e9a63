"""What happens, told to whoever may know it, as it happens."""

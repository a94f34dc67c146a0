"""What a Django project consists of."""

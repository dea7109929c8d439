"""What the admin page may ask and order, one module per area."""

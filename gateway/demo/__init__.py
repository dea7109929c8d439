"""What `serve --demo` puts into an empty gateway."""

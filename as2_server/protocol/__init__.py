"""AS2 (RFC 4130) as bytes in, values out: no socket, no clock, no logging."""

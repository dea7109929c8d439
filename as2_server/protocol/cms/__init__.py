"""CMS (RFC 5652) with RFC 5083 and RFC 3274, streaming both ways."""

"""What programs of other vendors' APIs prove themselves with."""

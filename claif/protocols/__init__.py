"""Wire protocols that several providers speak: pure encoding and decoding over the transport."""

"""What a call can do beyond ringing and talking, one file per feature."""

"""Child processes: started within bounds, read without loss, ended without an orphan; knows no provider."""

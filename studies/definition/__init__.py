"""What a study is: its question, its conditions, its scales, and where it is found."""

"""The one place of each rule on what comes from outside."""

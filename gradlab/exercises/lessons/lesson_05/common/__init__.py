"""What several exercises of lesson 5 share."""

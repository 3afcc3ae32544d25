"""Does a gradient fit its loss? Any loss and any gradient; no network is known here."""

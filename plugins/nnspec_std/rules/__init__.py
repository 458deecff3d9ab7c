"""Other ways to an observable, for models of a certain form."""

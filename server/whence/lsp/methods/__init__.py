"""One module for each method of the protocol. A handler gets the server as `ls`, asks the session, converts."""

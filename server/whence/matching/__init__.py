"""Recognising text that a tool wrote in the text that is there now. Pure: values in, values out."""

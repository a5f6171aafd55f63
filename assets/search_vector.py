"""The words of an asset's texts, and the query of a search, both by functions of the database."""

from __future__ import annotations

from django.contrib.postgres.search import SearchQuery, SearchVectorField
from django.db.models import Func


class SearchedText(Func):
    """`stemma_search_vector(title || ' ' || prompt)`: the words by which an asset is found.

    Words are lower-case and without accents. A word ends at every character that is no letter or digit, so that each
    part of a path or file name is one. Scripts without spaces between words are indexed by pairs of characters.

    The migration 0019_search_words uses this class, and a generated column depends on the function's result: different
    words need new functions, a new class and column.
    """

    function = "stemma_search_vector"
    arg_joiner = " || ' ' || "
    output_field = SearchVectorField()


class WordQuery(SearchQuery):
    """`stemma_search_query(text)`: all words of a text, the last one also as the beginning of a word.

    A text without letters and digits is a query that matches nothing.
    """

    def __init__(self, text: str) -> None:
        """Set the text, in which no character is an operator."""
        # A text of the database holds no NUL.
        super().__init__(text.replace("\x00", " "))
        self.function = "stemma_search_query"

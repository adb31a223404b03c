"""A model behind a chat endpoint, asked in the strictest form that the endpoint takes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from flows.endpoints.chat_client import ChatClient, ChatReply
from flows.endpoints.chat_forms import ChatForm
from flows.feeds.errors import FeedError, TransientFeedError

__all__ = ["ChatModel"]


@dataclass
class ChatModel:
    """A model by its name, and the form of request that its endpoint was found to take.

    Attributes
    ----------
    form_is_known : bool
        Whether the endpoint has accepted the form: then a refusal is of the one question.
    """

    name: str
    client: ChatClient
    form: ChatForm = field(default_factory=ChatForm)
    form_is_known: bool = False

    def ask(self, instructions: str, question: str, schema: dict[str, Any]) -> ChatReply:
        """Reply of the model, which is held to a JSON schema where the endpoint can do that.

        Raises
        ------
        RequestsSpentError, InputError, TransientFeedError, FeedError
            As `EndpointClient.post`; FeedError only when no simpler form is left.
        """
        form = self.form
        while True:
            try:
                reply = self.client.ask(form.payload(self.name, instructions, question, schema))
            except TransientFeedError:
                raise
            except FeedError as error:
                simpler = None if self.form_is_known else form.simpler(str(error))
                if simpler is None:
                    raise
                form = simpler
            else:
                self.form, self.form_is_known = form, True
                return reply

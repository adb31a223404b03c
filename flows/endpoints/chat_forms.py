"""Request formats of chat endpoints, from the most specific to the most widely supported."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

__all__ = ["ChatForm"]


@dataclass(frozen=True, slots=True)
class ChatForm:
    """Request options besides the messages.

    Attributes
    ----------
    response_format : {"json_schema", "json_object", "text"}
        How strictly the server holds the model to JSON; `text` leaves it to the prompt.
    has_temperature : bool
        Whether temperature 0 is sent; some hosted models take only their own.
    has_system : bool
        Whether the instructions are a system message; some chat templates know none.
    """

    response_format: Literal["json_schema", "json_object", "text"] = "json_schema"
    has_temperature: bool = True
    has_system: bool = True

    def payload(self, model: str, instructions: str, question: str, schema: dict[str, Any]) -> dict[str, Any]:
        """Request in this form."""
        if self.has_system:
            messages = [
                {"role": "system", "content": instructions},
                {"role": "user", "content": question},
            ]
        else:
            messages = [{"role": "user", "content": f"{instructions}\n\n{question}"}]
        payload: dict[str, Any] = {"model": model, "messages": messages, "stream": False}
        if self.has_temperature:
            payload["temperature"] = 0
        if self.response_format == "json_schema":
            named = {"name": "answers", "strict": True, "schema": schema}
            payload["response_format"] = {"type": "json_schema", "json_schema": named}
        elif self.response_format == "json_object":
            payload["response_format"] = {"type": "json_object"}
        return payload

    def simpler(self, refusal: str) -> ChatForm | None:
        """Form to try after a server has refused this one, None when there is no simpler one.

        `refusal` is what the server says: an option that it names is left out.

        Examples
        --------
        >>> ChatForm().simpler("status 400: 'temperature' does not support 0").has_temperature
        False
        >>> ChatForm().simpler("status 400").response_format
        'json_object'
        """
        message = refusal.lower()
        if self.has_temperature and "temperature" in message:
            return replace(self, has_temperature=False)
        if self.has_system and "system" in message and "role" in message:
            return replace(self, has_system=False)
        if self.response_format == "json_schema":
            return replace(self, response_format="json_object")
        if self.response_format == "json_object":
            return replace(self, response_format="text")
        return None

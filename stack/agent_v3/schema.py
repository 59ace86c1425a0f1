"""The database's schema as numbered migrations, its seed, and the statements that the service runs."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Connection

TABLES = ("users", "conversations", "messages", "tool_calls")

MIGRATIONS: tuple[tuple[int, str, str], ...] = (
    (
        1,
        "users and conversations",
        """
        CREATE TABLE users (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            email text NOT NULL UNIQUE,
            display_name text NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now()
        );
        CREATE TABLE conversations (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            user_id bigint NOT NULL REFERENCES users ON DELETE CASCADE,
            title text NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now()
        );
        CREATE INDEX conversations_user_id ON conversations (user_id, created_at);
        """,
    ),
    (
        2,
        "messages and tool calls",
        """
        CREATE TABLE messages (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            conversation_id bigint NOT NULL REFERENCES conversations ON DELETE CASCADE,
            role text NOT NULL CHECK (role IN ('user', 'assistant')),
            content text NOT NULL,
            metadata jsonb NOT NULL DEFAULT '{}',
            created_at timestamptz NOT NULL DEFAULT now()
        );
        CREATE INDEX messages_conversation_id ON messages (conversation_id, created_at);
        CREATE INDEX messages_created_at ON messages (created_at);
        CREATE TABLE tool_calls (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            message_id bigint NOT NULL REFERENCES messages ON DELETE CASCADE,
            tool text NOT NULL,
            arguments jsonb NOT NULL,
            result jsonb NOT NULL,
            duration_ms integer NOT NULL CHECK (duration_ms >= 0),
            created_at timestamptz NOT NULL DEFAULT now()
        );
        CREATE INDEX tool_calls_message_id ON tool_calls (message_id);
        """,
    ),
)

# A month of history, so that a backup has something to lose: rows that no retention ever takes.
SEED = """
INSERT INTO users (email, display_name, created_at)
SELECT format('user-%s@agent-v3.example', n), format('User %s', n), now() - interval '30 days'
FROM generate_series(1, 500) AS n;

INSERT INTO conversations (user_id, title, created_at)
SELECT 1 + n % 500, format('Conversation %s', n), now() - (1500 - n) * interval '20 minutes'
FROM generate_series(1, 1500) AS n;

INSERT INTO messages (conversation_id, role, content, metadata, created_at)
SELECT 1 + n % 1500,
       CASE WHEN n % 2 = 0 THEN 'user' ELSE 'assistant' END,
       format('Message %s: %s', n, repeat('lorem ipsum ', 8)),
       jsonb_build_object('origin', 'seed', 'tokens', n % 700, 'tags', jsonb_build_array('demo', n % 7)),
       now() - (4000 - n) * interval '10 minutes'
FROM generate_series(1, 4000) AS n;

INSERT INTO tool_calls (message_id, tool, arguments, result, duration_ms, created_at)
SELECT n * 5, 'word_count', jsonb_build_object('text', format('text %s', n)),
       jsonb_build_object('words', n % 40), n % 300, now() - (800 - n) * interval '50 minutes'
FROM generate_series(1, 800) AS n;
"""

_TURN = text(
    "INSERT INTO messages (conversation_id, role, content, metadata)"
    " VALUES (:conversation, :role, :content, CAST(:metadata AS jsonb)) RETURNING id"
)
_TOOL_CALL = text(
    "INSERT INTO tool_calls (message_id, tool, arguments, result, duration_ms)"
    " VALUES (:message, :tool, CAST(:arguments AS jsonb), CAST(:result AS jsonb), :duration_ms)"
)
_NEWEST_CONVERSATION = text("SELECT id FROM conversations WHERE user_id = :user_id ORDER BY created_at DESC LIMIT 1")
_FORGET = text(
    "DELETE FROM messages WHERE created_at < now() - CAST(:age AS interval) AND metadata ->> 'origin' = 'chat'"
)


def add_turn(connection: Connection, conversation: int, prompt: str, answer: str, tool: dict[str, Any] | None) -> int:
    """Write one question and its answer, and the tool call if there was one; the answer's id."""
    metadata = json.dumps({"origin": "chat", "tokens": len(answer.split())})
    row = {"conversation": conversation, "metadata": metadata}
    connection.execute(_TURN, {**row, "role": "user", "content": prompt})
    message: int = connection.execute(_TURN, {**row, "role": "assistant", "content": answer}).scalar_one()
    if tool is not None:
        connection.execute(_TOOL_CALL, {"message": message, **tool})
    return message


def newest_conversation(connection: Connection, user_id: int) -> int | None:
    """The user's newest conversation, or None where there is no such user."""
    found: int | None = connection.execute(_NEWEST_CONVERSATION, {"user_id": user_id}).scalar()
    return found


def forget_chat(connection: Connection, age: str) -> int:
    """Delete what the chat wrote longer than `age` (a PostgreSQL interval) ago; the number of messages."""
    deleted: int = connection.execute(_FORGET, {"age": age}).rowcount
    return deleted

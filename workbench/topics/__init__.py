"""Topics: what a specialist asks in one field of billing, from the funnel to what is to be done next."""

from __future__ import annotations

from workbench.topics.catalogue import TOPICS, topic
from workbench.topics.conclusion import Conclusion
from workbench.topics.topic import Topic

__all__ = ["TOPICS", "Conclusion", "Topic", "topic"]

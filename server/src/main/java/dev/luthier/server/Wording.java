package dev.luthier.server;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/** How a route words its texts: methods give items of {@code choices}. */
interface Wording {
  /** What its ids begin with. */
  String idPrefix();

  /** {@code object}'s value. */
  String object(boolean chunk);

  /** A whole text. */
  ObjectNode whole(Text text);

  /** What a stream says before a text begins. */
  List<ObjectNode> opening(int index);

  /** What a stream says of a prompt's scores. */
  default List<ObjectNode> prompt(Event.Prompt prompt) {
    return List.of();
  }

  /** What a stream says of a token; nothing if that is told later. */
  List<ObjectNode> piece(Event.Token token);

  /** What a stream says at a text's end, with what was held back. */
  List<ObjectNode> closing(Text text);
}

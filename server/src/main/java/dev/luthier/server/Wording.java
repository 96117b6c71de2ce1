package dev.luthier.server;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.serve.EngineListener.ScoredToken;
import java.util.List;
import java.util.Optional;

/** How a route words its texts: each method gives an item of {@code choices}. */
interface Wording {
  /** What its ids begin with. */
  String idPrefix();

  /** {@code object}'s value. */
  String object(boolean chunk);

  /** A whole text. */
  ObjectNode whole(Text text);

  /** What a stream says before a text begins. */
  Optional<ObjectNode> opening(int index);

  /** A piece of a text; empty if it is told later. */
  Optional<ObjectNode> piece(int index, String text, List<ScoredToken> tokens);

  /** What a stream says at a text's end, with what was held back. */
  List<ObjectNode> closing(Text text);
}

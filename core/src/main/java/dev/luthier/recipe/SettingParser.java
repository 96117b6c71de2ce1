package dev.luthier.recipe;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import dev.luthier.UsageException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/** Reads YAML into nodes that remember their lines; duplicate keys are errors. */
final class SettingParser {
  private static final YAMLFactory YAML =
      YAMLFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  /** Settings are at most three deep; a bound keeps hostile files from exhausting the stack. */
  private static final int MAX_DEPTH = 20;

  private final JsonParser parser;
  private final String source;

  private SettingParser(JsonParser parser, String source) {
    this.parser = parser;
    this.source = source;
  }

  /**
   * Reads a configuration file's text.
   *
   * @param yaml the text
   * @param source its name in error messages
   * @return the top-level map; empty for an empty file
   * @throws UsageException when it is not YAML or not a map
   */
  static SettingNode.Mapping file(String yaml, String source) {
    SettingNode node = parse(yaml, source);
    if (node instanceof SettingNode.Mapping mapping) {
      return mapping;
    }
    throw new UsageException(
        source + ": expected settings as \"key: value\" lines, found " + kind(node));
  }

  /**
   * Reads the value of {@code --set key=value}: a list or map in YAML's short form, or plain text.
   */
  static SettingNode value(String text, String source) {
    return text.startsWith("[") && text.endsWith("]") || text.startsWith("{")
        ? parse(text, source)
        : new SettingNode.Scalar(text, source);
  }

  static String kind(SettingNode node) {
    if (node instanceof SettingNode.Scalar scalar) {
      return "\"" + scalar.text() + "\"";
    }
    return node instanceof SettingNode.Sequence ? "a list" : "a map";
  }

  private static SettingNode parse(String yaml, String source) {
    try (JsonParser parser = YAML.createParser(yaml)) {
      if (parser.nextToken() == null) {
        return SettingNode.Mapping.empty(source);
      }
      SettingParser reader = new SettingParser(parser, source);
      SettingNode root = reader.node(0);
      if (parser.nextToken() != null) {
        throw new UsageException(reader.origin() + ": expected one YAML document, found another");
      }
      return root;
    } catch (JsonProcessingException e) {
      String where = e.getLocation() == null ? "" : ", line " + e.getLocation().getLineNr();
      throw new UsageException(source + where + ": " + firstLine(e.getOriginalMessage()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private SettingNode node(int depth) throws IOException {
    if (depth > MAX_DEPTH) {
      throw new UsageException(origin() + ": nested more than " + MAX_DEPTH + " deep");
    }
    String origin = origin();
    return switch (parser.currentToken()) {
      case START_OBJECT -> mapping(depth, origin);
      case START_ARRAY -> {
        List<SettingNode> items = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          items.add(node(depth + 1));
        }
        yield new SettingNode.Sequence(items, origin);
      }
      default -> new SettingNode.Scalar(parser.getText(), origin);
    };
  }

  private SettingNode mapping(int depth, String origin) throws IOException {
    SettingNode.Mapping mapping = SettingNode.Mapping.empty(origin);
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String key = parser.currentName();
      if (parser.nextToken() != JsonToken.VALUE_NULL) {
        mapping.entries().put(key, node(depth + 1));
      }
    }
    return mapping;
  }

  private String origin() {
    return source + ", line " + parser.currentTokenLocation().getLineNr();
  }

  private static String firstLine(String message) {
    return message.split("\n", 2)[0];
  }
}

package dev.luthier.export;

import com.fasterxml.jackson.databind.JsonNode;
import dev.luthier.format.GgufValue;
import dev.luthier.format.HubOrigin;
import dev.luthier.format.ModelCard;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * {@code general.*}: what a model is called, of what it was made and under which licence it may be
 * used, from its name and the front matter of its card.
 */
final class GgufGeneral {
  private static final Pattern SIZE =
      Pattern.compile("(?i)(\\d+x)?\\d+([._]\\d+)?[KMBT]|small|mini|medium|large|x?xl");
  private static final Pattern VERSION = Pattern.compile("(?i)v?\\d+([.]\\d+)*");
  private static final String HUB = "https://huggingface.co/";

  private final Map<String, GgufValue> out = new LinkedHashMap<>();

  private GgufGeneral() {}

  /**
   * The keys of a model.
   *
   * @param folder the model, or the adapter that is multiplied into it
   * @param base what the folder was made of, where that is known besides its card
   * @param parameters how many there are, but for experts that do not run for the same token
   */
  static Map<String, GgufValue> of(
      Path folder, Optional<Path> base, long parameters, long experts) {
    GgufGeneral general = new GgufGeneral();
    JsonNode card = ModelCard.frontMatter(folder);
    general.name(HubOrigin.publicName(folder));
    general.put("size_label", size(parameters, experts));
    general.licence(card, base);
    general.bases(card, base);
    general.texts("tags", card.path("tags"), card.path("pipeline_tag"));
    general.texts("languages", card.path("language"));
    general.sets(card.path("datasets"));
    return general.out;
  }

  private void put(String key, String value) {
    if (!value.isBlank()) {
      out.put("general." + key, GgufValue.of(value));
    }
  }

  /** A name such as {@code org/Base-7B-Chat}: the base's, then its size, then what was done. */
  private void name(String id) {
    int slash = id.indexOf('/');
    String name = id.substring(slash + 1).replaceAll("(?i)\\.gguf$", "");
    put("name", name.replace('-', ' ').replace('_', ' ').trim());
    if (slash > 0) {
      put("organization", id.substring(0, slash));
    }
    String[] words = name.split("-");
    for (int i = 1; i < words.length; i++) {
      if (SIZE.matcher(words[i]).matches()) {
        put("basename", String.join("-", List.of(words).subList(0, i)));
        put("finetune", rest(words, i + 1));
        return;
      }
    }
    put("basename", name);
  }

  private static String rest(String[] words, int from) {
    List<String> out = new ArrayList<>(List.of(words).subList(from, words.length));
    out.removeIf(w -> VERSION.matcher(w).matches());
    return String.join("-", out);
  }

  /** Such as 1.1B, or 8x7B: experts, and what runs for one of them. */
  static String size(long parameters, long experts) {
    double n = parameters;
    String[] units = {"K", "M", "B", "T"};
    int unit = 0;
    for (n /= 1000; n >= 999.5 && unit < 3; n /= 1000) {
      unit++;
    }
    String number = String.format(Locale.ROOT, n < 9.95 ? "%.1f" : "%.0f", n);
    return (experts > 1 ? experts + "x" : "") + number + units[unit];
  }

  private void licence(JsonNode card, Optional<Path> base) {
    JsonNode from = card;
    if (!card.path("license").isTextual() && base.isPresent()) {
      from = ModelCard.frontMatter(base.get());
    }
    put("license", from.path("license").asText(""));
    put("license.name", from.path("license_name").asText(""));
    put("license.link", from.path("license_link").asText(""));
  }

  private void bases(JsonNode card, Optional<Path> base) {
    List<String> ids = texts(card.path("base_model"));
    if (ids.isEmpty()) {
      base.map(HubOrigin::publicName).ifPresent(ids::add);
    }
    list("base_model", ids);
  }

  private void sets(JsonNode sets) {
    list("dataset", texts(sets));
  }

  private void list(String kind, List<String> ids) {
    if (ids.isEmpty()) {
      return;
    }
    out.put("general." + kind + ".count", GgufValue.uint32(ids.size()));
    for (int i = 0; i < ids.size(); i++) {
      String id = ids.get(i);
      int slash = id.indexOf('/');
      String key = kind + "." + i + ".";
      put(key + "name", id.substring(slash + 1).replace('-', ' '));
      if (slash > 0) {
        put(key + "organization", id.substring(0, slash));
        put(key + "repo_url", HUB + (kind.equals("dataset") ? "datasets/" : "") + id);
      }
    }
  }

  private void texts(String key, JsonNode... nodes) {
    List<String> all = new ArrayList<>();
    for (JsonNode node : nodes) {
      all.addAll(texts(node));
    }
    if (!all.isEmpty()) {
      out.put("general." + key, GgufValue.texts(all.stream().distinct().toList()));
    }
  }

  private static List<String> texts(JsonNode node) {
    List<String> out = new ArrayList<>();
    if (node.isTextual()) {
      out.add(node.asText());
    }
    node.forEach(n -> out.add(n.asText()));
    return out;
  }
}

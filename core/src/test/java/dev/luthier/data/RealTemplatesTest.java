package dev.luthier.data;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.luthier.data.DataSettings.TrainOn;
import dev.luthier.data.Example.Chat;
import dev.luthier.data.Example.Instruction;
import dev.luthier.tokenizer.ChatEncoder;
import dev.luthier.tokenizer.ChatTemplate;
import dev.luthier.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Published templates and tokenizers on published rows. */
@Tag("interop")
class RealTemplatesTest {
  private static final Path ASSETS = Path.of(System.getProperty("luthier.assets", "missing"));
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Map<String, String> SPECIAL =
      Map.of("bos_token", "<s>", "eos_token", "</s>", "unk_token", "<unk>", "pad_token", "<pad>");

  private static final Clock CLOCK =
      Clock.fixed(Instant.parse("2024-07-26T12:00:00Z"), ZoneOffset.UTC);

  /**
   * What closes an answer. Where the tokenizer has no token for the marker, its last character may
   * be joined to the first of the next turn; Apertus and GLM leave answers open.
   */
  private static final Pattern CLOSE =
      Pattern.compile(
          "(</s>|<turn\\|>|<end_of_turn>|<\\|im_end\\|>|\n\n<sep>|<\\|eot_id\\|>"
              + "|<\\|message_sep\\|>|<\\|end\\|>|<\\|assistant_end\\|>"
              + "|<｜end▁of▁sentence｜>|(<\\|END_(TEXT|RESPONSE)\\|>)?<\\|END_OF_TURN_TOKEN\\|>)?"
              + "[<\\[]?");

  /** These raise on every conversation, in Jinja2 too. */
  private static final List<String> BROKEN =
      List.of("fireworks-ai-llama-3-firefunction-v2.jinja", "MiroThinker.jinja");

  @Test
  void spans_equal_the_generation_blocks_that_transformers_recorded() throws IOException {
    JsonNode cases =
        JSON.readTree(ASSETS.resolve("oracle-transformers/chat_templates/cases.json").toFile());
    int compared = 0;
    for (JsonNode recorded : cases.get("rendered")) {
      JsonNode source = cases.get("inline_templates").get(recorded.get("template").asText());
      if (source == null || !recorded.has("assistant_char_spans")) {
        continue;
      }
      List<Map<String, @Nullable Object>> messages =
          messages(cases.get("conversations").get(recorded.get("conversation").asText()));
      ChatEncoder.Renderer chat =
          ChatEncoder.renderer(ChatTemplate.of(source.asText()), SPECIAL, CLOCK);
      String text = recorded.get("text").asText();
      AssistantSpans.Renderer renderer =
          (some, prompt) -> chat.render(some, List.of(), prompt).text();
      assertThat(renderer.render(messages, false)).isEqualTo(text);
      List<List<Integer>> spans =
          new AssistantSpans(renderer, new EndMarkers(List.of("</s>")), messages, text)
              .find().stream().map(span -> List.of(span.start(), span.end())).toList();
      assertThat(JSON.valueToTree(spans).toString())
          .isEqualTo(recorded.get("assistant_char_spans").toString());
      compared++;
    }
    assertThat(compared).isEqualTo(14);
  }

  @Test
  void labels_by_spans_equal_labels_by_generation_blocks() throws IOException {
    String blocks =
        "{% for m in messages %}{{ '<|'+m.role+'|>' }}{% if m.role=='assistant' %}{% generation %}"
            + "{{ m.content + eos_token }}{% endgeneration %}{% else %}{{ m.content }}{% endif %}"
            + "{{ '\\n' }}{% endfor %}";
    String plain = blocks.replace("{% generation %}", "").replace("{% endgeneration %}", "");
    for (Tokenizer tokenizer : tokenizers()) {
      SftEncoder marked = encoder(tokenizer, ChatTemplate.of(blocks));
      SftEncoder unmarked = encoder(tokenizer, ChatTemplate.of(plain));
      for (Row row : conversations(40)) {
        assertThat(unmarked.encode(row).sequence().labels())
            .isEqualTo(marked.encode(row).sequence().labels());
      }
    }
  }

  @Test
  void every_template_that_can_say_a_row_trains_exactly_its_answers() throws IOException {
    int conversations = 12;
    Map<String, Integer> accepted = new TreeMap<>();
    List<Tokenizer> tokenizers = tokenizers();
    for (Path file : templates()) {
      ChatTemplate template = ChatTemplate.of(Files.readString(file));
      for (Tokenizer tokenizer : tokenizers) {
        SftEncoder encoder = encoder(tokenizer, template);
        for (Row row : conversations(conversations)) {
          try {
            check(file.toString(), (Chat) row.example(), encoder.encode(row));
            accepted.merge(file.toString(), 1, Integer::sum);
          } catch (RowRefused e) {
            assertThat(BROKEN).as(e.reason()).contains(file.getFileName().toString());
          }
        }
      }
    }
    assertThat(accepted).hasSize(templates().size() - BROKEN.size());
    assertThat(accepted.values()).containsOnly(conversations * tokenizers.size());
  }

  /**
   * Trained text, by offsets, must be the answers in order, each followed only by what closes it.
   */
  private static void check(String name, Chat chat, EncodedRow row) {
    List<String> answers = new ArrayList<>();
    chat.messages().stream()
        .filter(message -> "assistant".equals(message.get("role")))
        .forEach(message -> answers.add(String.valueOf(message.get("content")).strip()));
    List<String> runs = runs(row);
    assertThat(runs).as(name).hasSize(answers.size());
    for (int i = 0; i < runs.size(); i++) {
      // the space after Llama 2's and Mistral's [/INST] is the assistant's to write
      String run = runs.get(i).stripLeading();
      // the first token may begin before the answer, and is not trained then
      String answer = answers.get(i);
      int at = row.straddling() == 0 ? 0 : Math.max(0, overlap(answer, run));
      assertThat(run).as(name).startsWith(answer.substring(at));
      assertThat(run.substring(answer.length() - at)).as(name).matches(CLOSE);
    }
  }

  private static int overlap(String answer, String run) {
    int at = 0;
    while (at < answer.length() && !run.startsWith(answer.substring(at))) {
      at++;
    }
    return at;
  }

  private static List<String> runs(EncodedRow row) {
    List<String> runs = new ArrayList<>();
    int[] labels = row.sequence().labels();
    int t = 0;
    while (t < labels.length) {
      if (labels[t] == TokenSequence.IGNORED) {
        t++;
        continue;
      }
      int start = row.encoding().starts()[t];
      int end = start;
      while (t < labels.length && labels[t] != TokenSequence.IGNORED) {
        end = Math.max(end, row.encoding().ends()[t]);
        t++;
      }
      runs.add(row.text().substring(start, end));
    }
    return runs;
  }

  private static List<Path> templates() throws IOException {
    List<Path> all = new ArrayList<>();
    for (String folder :
        List.of(
            "chat-templates-llamacpp", "chat-templates-mistral-common", "chat-templates-more")) {
      try (Stream<Path> files = Files.list(ASSETS.resolve(folder))) {
        files.filter(file -> file.toString().endsWith(".jinja")).sorted().forEach(all::add);
      }
    }
    return all;
  }

  private static List<Tokenizer> tokenizers() {
    return List.of(
        Tokenizer.load(ASSETS.resolve("tok-tinyllama-hf")),
        Tokenizer.load(ASSETS.resolve("tok-gpt2")),
        Tokenizer.load(ASSETS.resolve("model-llama-story-hf")));
  }

  /** Alpaca rows as conversations of one turn and of three. */
  private static List<Row> conversations(int count) {
    List<Row> rows = new ArrayList<>();
    List<Row> alpaca = new ArrayList<>();
    alpaca.addAll(ExampleReader.read(ASSETS.resolve("data-alpaca/alpaca_5000.json")).rows());
    alpaca.addAll(
        ExampleReader.read(ASSETS.resolve("data-llamafactory-demos/alpaca_en_demo.json")).rows());
    for (int i = 0; i < count; i++) {
      Row row = alpaca.get(i * 131 % alpaca.size());
      Chat chat = ((Instruction) row.example()).asChat();
      if (i % 3 == 2) {
        List<Map<String, @Nullable Object>> longer = new ArrayList<>(chat.messages());
        for (int j = 1; j < 3; j++) {
          Row next = alpaca.get((i * 131 + j) % alpaca.size());
          longer.addAll(((Instruction) next.example()).asChat().messages());
        }
        chat = new Chat(longer, List.of(), 0);
      }
      rows.add(new Row(row.number(), chat));
    }
    return rows;
  }

  private static SftEncoder encoder(Tokenizer tokenizer, ChatTemplate template) {
    ChatEncoder chat = new ChatEncoder(tokenizer, ChatEncoder.renderer(template, SPECIAL, CLOCK));
    return new SftEncoder(tokenizer, Optional.of(chat), TrainOn.ASSISTANT, Set.of());
  }

  private static List<Map<String, @Nullable Object>> messages(JsonNode conversation) {
    List<Map<String, @Nullable Object>> messages = new ArrayList<>();
    conversation.forEach(
        message ->
            messages.add(
                JSON.convertValue(
                    message,
                    new com.fasterxml.jackson.core.type.TypeReference<
                        Map<String, @Nullable Object>>() {})));
    return messages;
  }
}

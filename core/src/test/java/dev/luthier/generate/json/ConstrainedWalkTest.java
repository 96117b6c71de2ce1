package dev.luthier.generate.json;

import static dev.luthier.generate.json.JsonSchemaTest.accepts;
import static dev.luthier.generate.json.JsonSchemaTest.json;
import static dev.luthier.generate.json.Walks.allowed;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import dev.luthier.LuthierException;
import dev.luthier.generate.TokenConstraint;
import dev.luthier.tokenizer.TestTokenizers;
import dev.luthier.tokenizer.TokenBytes;
import dev.luthier.tokenizer.Tokenizer;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** Tokens chosen by chance among those that are allowed. */
class ConstrainedWalkTest {
  private static final int STOP = 2;
  private static final Tokenizer BYTES = TestTokenizers.chat();
  private static final Tokenizer PIECES = TestTokenizers.sentencePiece();

  private final JsonConstraints ofBytes = new JsonConstraints(BYTES, Set.of(STOP));
  private final JsonConstraints ofPieces = new JsonConstraints(PIECES, Set.of(STOP));

  private static String walk(TokenConstraint constraint, Tokenizer tokenizer, Random random) {
    TokenBytes bytes = tokenizer.bytes();
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    for (int id : Walks.ids(constraint, tokenizer, STOP, random)) {
      text.writeBytes(bytes.of(id));
    }
    return text.toString(StandardCharsets.UTF_8);
  }

  @Test
  void the_next_mask_is_made_without_being_asked_for() throws InterruptedException {
    TokenTrie trie = new TokenTrie(BYTES.bytes(), Set.of(STOP));
    Automaton automaton = new Automaton(JsonSchema.anyObject());
    int brace = BYTES.encodeIds("{", false)[0];
    new GrammarConstraint(automaton, trie, Set.of(STOP)).accept(brace);
    State next = automaton.start().next('{');
    long end = System.nanoTime() + 20_000_000_000L;
    while (!next.hasMask()) {
      assertThat(System.nanoTime()).as("in time").isLessThan(end);
      Thread.sleep(5);
    }
    assertThat(next.mask(trie)).isEqualTo(trie.mask(next));
  }

  @Property(tries = 100)
  void every_walk_ends_in_a_valid_document(@ForAll long seed) {
    Random random = new Random(seed);
    Schemas made = Schemas.random(random, 3);
    for (int run = 0; run < 4; run++) {
      boolean pieces = run == 3;
      JsonConstraints constraints = pieces ? ofPieces : ofBytes;
      String text = walk(constraints.schema(made.schema()), pieces ? PIECES : BYTES, random);
      assertThat(problems(made.schema(), json(text)))
          .as("%s under %s", text, made.schema())
          .isEmpty();
    }
  }

  @Property(tries = 100)
  void every_valid_document_is_accepted(@ForAll long seed) {
    Random random = new Random(seed);
    Schemas made = Schemas.random(random, 3);
    Grammar grammar = JsonSchema.grammar(made.schema());
    for (int run = 0; run < 5; run++) {
      JsonNode document = made.document().apply(random);
      assertThat(problems(made.schema(), document)).isEmpty();
      assertThat(accepts(grammar, document.toString()))
          .as("%s under %s", document, made.schema())
          .isTrue();
      assertThat(
              accepts(
                  grammar,
                  document
                      .toPrettyString()
                      .replace("\" :", "\":")
                      .replace("{ }", "{}")
                      .replace("[ ]", "[]")))
          .as("%s under %s", document.toPrettyString(), made.schema())
          .isTrue();
    }
  }

  private static Set<?> problems(JsonNode schema, JsonNode document) {
    return JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012)
        .getSchema(schema)
        .validate(document);
  }

  @Property(tries = 60)
  void the_mask_is_what_trying_each_token_says(@ForAll long seed) {
    Random random = new Random(seed);
    Automaton automaton = new Automaton(JsonSchema.grammar(Schemas.random(random, 3).schema()));
    TokenBytes bytes = BYTES.bytes();
    TokenTrie trie = new TokenTrie(bytes, BYTES.addedIds());
    State state = automaton.start();
    for (int step = 0; step < 30; step++) {
      long[] mask = state.mask(trie);
      List<Integer> possible = new ArrayList<>();
      for (int id = 0; id < bytes.size(); id++) {
        byte[] of = bytes.of(id);
        boolean fits = of.length > 0 && !BYTES.addedIds().contains(id) && !state.next(of).isDead();
        assertThat((mask[id >> 6] >>> id & 1) != 0).as(BYTES.token(id)).isEqualTo(fits);
        if (fits) {
          possible.add(id);
        }
      }
      if (possible.isEmpty()) {
        assertThat(state.accepts()).isTrue();
        return;
      }
      state = state.next(bytes.of(possible.get(random.nextInt(possible.size()))));
    }
  }

  @Property(tries = 30)
  void any_object_is_json(@ForAll long seed) {
    String text = walk(ofBytes.object(), BYTES, new Random(seed));
    assertThat(json(text).isObject()).as(text).isTrue();
  }

  @Property(tries = 30)
  void recursion_comes_to_an_end(@ForAll long seed) {
    JsonNode schema =
        json(
            """
            {"$ref":"#/$defs/tree","$defs":{"tree":{"type":"object","properties":{
              "left":{"anyOf":[{"$ref":"#/$defs/tree"},{"type":"null"}]},
              "right":{"$ref":"#/$defs/leaf"}},"required":["left","right"],
              "additionalProperties":false},
             "leaf":{"type":"array","items":{"$ref":"#/$defs/tree"},"maxItems":2}}}\
            """);
    String text = walk(ofBytes.schema(schema), BYTES, new Random(seed));
    assertThat(problems(schema, json(text))).isEmpty();
  }

  @Property(tries = 30)
  void regular_expressions_are_matched_as_a_whole(@ForAll long seed) {
    String regex = "(yes|no)[,;] \\d{2,4}[^0-9 \\]]+é?";
    assertThat(walk(ofBytes.regex(regex), BYTES, new Random(seed))).matches("(?s)" + regex);
  }

  @Test
  void one_of_the_choices_is_written_and_nothing_else() {
    List<String> choices = List.of("a", "ab", "Größe", "🙂");
    Random random = new Random(1);
    for (int run = 0; run < 40; run++) {
      assertThat(walk(ofBytes.choice(choices), BYTES, random)).isIn(choices);
    }
  }

  @Test
  void a_text_that_may_go_on_may_also_end() {
    TokenConstraint constraint = ofBytes.schema(json("{\"type\":\"integer\"}"));
    int one = BYTES.idOf("1").orElseThrow();
    assertThat(allowed(constraint, BYTES.vocabSize())).doesNotContain(STOP).contains(one);
    constraint.accept(one);
    assertThat(allowed(constraint, BYTES.vocabSize())).contains(STOP, one);
  }

  @Test
  void scores_of_what_is_allowed_stay_as_they_are() {
    float[] scores = new float[BYTES.vocabSize()];
    for (int i = 0; i < scores.length; i++) {
      scores[i] = i;
    }
    ofBytes.choice(List.of("a")).restrict(scores);
    int a = BYTES.idOf("a").orElseThrow();
    for (int i = 0; i < scores.length; i++) {
      assertThat(scores[i]).isEqualTo(i == a ? a : Float.NEGATIVE_INFINITY);
    }
  }

  @Test
  void a_marker_is_its_token_where_there_is_one() {
    TokenConstraint constraint =
        ofBytes.of(
            "marked",
            () ->
                Grammar.sequence(
                    ofBytes.marker(TestTokenizers.IM_START),
                    Grammar.text("a"),
                    ofBytes.marker("<none>")));
    assertThat(allowed(constraint, BYTES.vocabSize())).containsExactly(1);
    constraint.accept(1);
    constraint.accept(BYTES.idOf("a").orElseThrow());
    assertThat(allowed(constraint, BYTES.vocabSize()))
        .containsExactly(BYTES.idOf("<").orElseThrow());
  }

  @Test
  void what_was_excluded_is_not_accepted() {
    assertThatThrownBy(() -> ofBytes.choice(List.of("a")).accept(BYTES.idOf("b").orElseThrow()))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void a_model_without_an_end_is_refused() {
    assertThatThrownBy(() -> new JsonConstraints(BYTES, Set.of()))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("no token that ends a text");
  }
}

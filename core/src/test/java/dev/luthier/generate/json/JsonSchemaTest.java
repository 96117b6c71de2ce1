package dev.luthier.generate.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.luthier.LuthierException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JsonSchemaTest {
  static JsonNode json(String text) {
    try {
      return new ObjectMapper().readTree(text);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(text, e);
    }
  }

  static boolean accepts(Grammar grammar, String text) {
    return new Automaton(grammar).start().next(text.getBytes(StandardCharsets.UTF_8)).accepts();
  }

  /** Lines of {@code + document} and {@code - document}. */
  private static void check(String schema, String... documents) {
    Grammar grammar = JsonSchema.grammar(json(schema.replace('\'', '"')));
    for (String document : documents) {
      String text = document.substring(2).replace('\'', '"');
      assertThat(accepts(grammar, text)).as(text).isEqualTo(document.charAt(0) == '+');
    }
  }

  @Test
  void members_come_in_their_order_and_optional_ones_may_be_left_out() {
    check(
        "{'properties':{'a':{'type':'integer'},'b':{'type':'boolean'},'c':{'type':'null'}},"
            + "'required':['b']}",
        "+ {'a':1,'b':true,'c':null}",
        "+ {'b':false}",
        "+ {'a':1, 'b': true}",
        "+ {'b':true,'c':null}",
        "- {'a':1}",
        "- {'b':true,'a':1}",
        "- {}",
        "- {'b':true,}",
        "- {'b':true,'d':1}",
        "- {'b':true,'b':true}");
  }

  @Test
  void further_members_have_other_names_than_the_declared_ones() {
    check(
        "{'properties':{'a':{'type':'integer'}},'additionalProperties':{'type':'boolean'}}",
        "+ {}",
        "+ {'a':1}",
        "+ {'x':true}",
        "+ {'a':1,'ab':true,'':false}",
        "- {'a':true}",
        "- {'\\u0061':true}",
        "- {'x':1}");
  }

  @Test
  void white_space_is_what_writers_put_and_no_more() {
    check(
        "{'properties':{'a':{'type':'array','items':{'type':'integer'}}},'required':['a']}",
        "+ {\n  'a': [\n    1,\n    2\n  ]\n}",
        "+ {'a': [1, 2]}",
        "- {'a':  [1]}",
        "- {\n\n'a':[1]}",
        "-  {'a':[1]}",
        "- {'a':[1]}\n");
  }

  @Test
  void strings_are_those_of_json() {
    check(
        "{'type':'string'}",
        "+ ''",
        "+ 'Größe 日本 🙂 \\n \\u00e4 \\\\ \\ud83d\\ude42'",
        "- 'a\nb'",
        "- '\\x'",
        "- '\\ud83d'",
        "- '\\ude42\\ud83d'",
        "- 'a");
    check(
        "{'type':'string','minLength':2,'maxLength':3}",
        "+ '🙂é'",
        "+ '\\n\\u0041a'",
        "- 'a'",
        "- 'abcd'");
  }

  @Test
  void patterns_are_searched_for_unless_anchored() {
    check("{'type':'string','pattern':'b+c'}", "+ 'bc'", "+ 'xbbcx'", "- 'b'", "- 'xx'");
    check(
        "{'type':'string','pattern':'^(ab)*$','maxLength':3}",
        "+ ''",
        "+ 'ab'",
        "- 'aba'",
        "- 'abab'");
    check("{'pattern':'^[^a-c\\\\d]\\\\S$'}", "+ 'x\\\\'", "- 'a1'", "- '11'");
  }

  @Test
  void a_begun_string_of_pattern_and_length_can_always_be_ended() {
    State state =
        new Automaton(JsonSchema.grammar(json("{\"pattern\":\"^(ab)*$\",\"maxLength\":3}")))
            .start()
            .next("\"ab".getBytes(StandardCharsets.UTF_8));
    assertThat(state.next('a').isDead()).isTrue();
    assertThat(state.next('"').accepts()).isTrue();
  }

  @ParameterizedTest
  @CsvSource({"'',''", "-3,17", "0,100", "1,1", "-250,-9", "99,10001", "7,70007", "-5,''", "'',12"})
  void integers_are_kept_within_their_bounds(String least, String most) {
    String schema =
        "{'type':'integer'"
            + (least.isEmpty() ? "" : ",'minimum':" + least)
            + (most.isEmpty() ? "" : ",'maximum':" + most)
            + "}";
    Grammar grammar = JsonSchema.grammar(json(schema.replace('\'', '"')));
    State start = new Automaton(grammar).start();
    for (int i = -400; i < 80_000; i = i < 11_000 ? i + 1 : i + 371) {
      boolean valid =
          (least.isEmpty() || i >= Integer.parseInt(least))
              && (most.isEmpty() || i <= Integer.parseInt(most));
      assertThat(start.next(("" + i).getBytes(StandardCharsets.UTF_8)).accepts())
          .as("%d", i)
          .isEqualTo(valid);
      assertThat(start.next(("0" + i).getBytes(StandardCharsets.UTF_8)).accepts()).isFalse();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "0,1,false,false",
    "0,1,true,true",
    "-1.25,3.5,false,true",
    "2.05,2.75,true,false",
    "-0.5,0,false,true",
    "-7,-2.5,true,false",
    "1.999,12.001,false,false"
  })
  void numbers_are_kept_within_their_bounds(
      double least, double most, boolean leastExcluded, boolean mostExcluded) {
    Grammar grammar =
        JsonSchema.grammar(
            json(
                "{\"type\":\"number\",\"%s\":%s,\"%s\":%s}"
                    .formatted(
                        leastExcluded ? "exclusiveMinimum" : "minimum",
                        least,
                        mostExcluded ? "exclusiveMaximum" : "maximum",
                        most)));
    State start = new Automaton(grammar).start();
    for (int thousandths = -8_000; thousandths < 13_000; thousandths += 1) {
      String text = java.math.BigDecimal.valueOf(thousandths, 3).toPlainString();
      double x = Double.parseDouble(text);
      boolean valid =
          (leastExcluded ? x > least : x >= least) && (mostExcluded ? x < most : x <= most);
      for (String form : List.of(text, text.replaceAll("0+$", "").replaceAll("\\.$", ""))) {
        boolean isZero = x == 0 && form.startsWith("-");
        if (!form.isEmpty() && !form.equals("-") && !isZero) {
          assertThat(start.next(form.getBytes(StandardCharsets.UTF_8)).accepts())
              .as(form)
              .isEqualTo(valid);
        }
      }
    }
  }

  @Test
  void numbers_are_those_of_json_and_of_a_double() {
    check(
        "{'type':'number'}",
        "+ 0",
        "+ -1.5",
        "+ 1e9",
        "+ 1.5E-300",
        "+ 123456789012345678",
        "- 01",
        "- 1.",
        "- .5",
        "- +1",
        "- 1e999",
        "- 1234567890123456789",
        "- NaN");
  }

  @Test
  void arrays_have_their_items_in_number_and_kind() {
    check(
        "{'type':'array','items':{'type':'integer'},'minItems':2,'maxItems':3}",
        "+ [1,2]",
        "+ [1, 2, 3]",
        "- []",
        "- [1]",
        "- [1,2,3,4]",
        "- [true,1]");
    check(
        "{'prefixItems':[{'type':'integer'},{'type':'boolean'}]}",
        "+ []",
        "+ [1]",
        "+ [1,true]",
        "- [1,true,1]",
        "- [true]");
    check(
        "{'prefixItems':[{'type':'integer'},{'type':'boolean'}],'items':{'type':'null'},'minItems':2}",
        "+ [1,true]",
        "+ [1,true,null,null]",
        "- [1]",
        "- []",
        "- [1,true,1]");
    check("{'type':'array','maxItems':0}", "+ []", "- [1]");
    check("{'type':'array','items':false}", "+ []", "- [1]");
  }

  @Test
  void values_that_are_listed_stand_as_they_are() {
    check(
        "{'enum':['a',1,null,{'k':[1,2]},'\\u00e9\\n']}",
        "+ 'a'",
        "+ 1",
        "+ null",
        "+ {'k': [1,2]}",
        "+ 'é\\n'",
        "- 'b'",
        "- 2",
        "- {'k':[1]}");
    check("{'type':'string','enum':['a',1,'abc'],'maxLength':2}", "+ 'a'", "- 1", "- 'abc'");
    check("{'const':false}", "+ false", "- true");
  }

  @Test
  void references_may_lead_to_themselves() {
    check(
        "{'$ref':'#/$defs/node','$defs':{'node':{'type':'object','properties':{'v':{'type':'integer'},"
            + "'next':{'anyOf':[{'$ref':'#/$defs/node'},{'type':'null'}]}},'required':['v','next']}}}",
        "+ {'v':1,'next':null}",
        "+ {'v':1,'next':{'v':2,'next':null}}",
        "- {'v':1}");
  }

  @Test
  void recursion_ends_before_it_is_too_deep() {
    State state =
        new Automaton(
                JsonSchema.grammar(
                    json(
                        """
                        {"type":"object","properties":{"n":{"type":"object","properties":
                         {"m":{"anyOf":[{"$ref":"#"},{"type":"null"}]}},"required":["m"]}},
                         "required":["n"]}\
                        """)))
            .start();
    int depth = 0;
    State deeper = state.next("{\"n\":{\"m\":".getBytes(StandardCharsets.UTF_8));
    while (!deeper.next('{').isDead()) {
      deeper = deeper.next("{\"n\":{\"m\":".getBytes(StandardCharsets.UTF_8));
      assertThat(deeper.isDead()).isFalse();
      depth++;
    }
    assertThat(depth).isBetween(20, Automaton.DEEPEST);
    assertThat(deeper.next("null".getBytes(StandardCharsets.UTF_8)).isDead()).isFalse();
  }

  @Test
  void schemas_that_hold_together_become_one() {
    check(
        "{'allOf':[{'type':'object','properties':{'a':{'type':'integer','minimum':3}},'required':['a']},"
            + "{'properties':{'a':{'type':'number','maximum':5},'b':{'type':'null'}}}]}",
        "+ {'a':4}",
        "+ {'a':3,'b':null}",
        "- {'a':2}",
        "- {'a':6}",
        "- {'a':3.5}",
        "- {'b':null}");
    check(
        "{'type':'object','properties':{'k':{'type':'string'}},'required':['k'],'anyOf':["
            + "{'properties':{'x':{'type':'null'}},'required':['x']},{'properties':{'y':{'type':'null'}}}]}",
        "+ {'k':'','x':null}",
        "+ {'k':''}",
        "+ {'k':'','y':null}",
        "- {'x':null}");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "date|2024-02-29|2023-02-29",
        "date|2000-02-29|1900-02-29",
        "date|2023-12-31|2023-11-31",
        "time|23:59:59Z|24:00:00Z",
        "date-time|2023-01-02T03:04:05.678+09:00|2023-01-02 03:04:05Z",
        "email|a.b+c@example.org|a@b",
        "uuid|123e4567-e89b-12d3-a456-426614174000|123e4567e89b12d3a456426614174000",
        "ipv4|255.1.0.99|256.1.0.9",
        "ipv6|2001:db8::8a2e:370:7334|2001:db8::8a2e::7334",
        "duration|P1Y2M3DT4H5M6S|P1S",
        "hostname|a-b.example|-a.example"
      })
  void formats_are_kept(String format, String good, String bad) {
    Grammar grammar =
        JsonSchema.grammar(json("{\"type\":\"string\",\"format\":\"" + format + "\"}"));
    assertThat(accepts(grammar, '"' + good + '"')).isTrue();
    assertThat(accepts(grammar, '"' + bad + '"')).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'properties':{'a':{'not':{}}}}|#/properties/a/not",
        "{'items':{'type':'integer','multipleOf':3}}|#/items/multipleOf",
        "{'uniqueItems':true}|#/uniqueItems",
        "{'properties':{'a/b':{'type':'strin'}}}|#/properties/a~1b/type",
        "{'pattern':'(?=a)'}|#/pattern: the regular expression (?=a)",
        "{'$ref':'#/$defs/x'}|#/$defs/x is not in the schema",
        "{'$ref':'https://example.org/s'}|is not in the schema",
        "{'$ref':'#'}|leads back to itself",
        "{'anyOf':[{'$ref':'#'},{'type':'null'}]}|leads back to itself",
        "{'properties':{'a':{'$ref':'#'}},'required':['a']}|no finite text fits",
        "{'type':'integer','minimum':3,'maximum':2}|no document fits",
        "{'required':['a'],'additionalProperties':false}|no document fits",
        "{'minLength':-1}|#/minLength: expected a whole number",
        "{'allOf':[{'type':'string'},{'type':'null'}]}|#/type: nothing is both",
        "[1]|expected a schema"
      })
  void what_cannot_be_kept_to_is_refused_by_its_place(String schema, String message) {
    assertThatThrownBy(() -> new Automaton(JsonSchema.grammar(json(schema.replace('\'', '"')))))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining(message);
  }

  @Test
  void any_object_is_any_object() {
    Grammar grammar = JsonSchema.anyObject();
    assertThat(accepts(grammar, "{\"a\": [1, {\"b\": null}, \"\", []], \"c\": {}}")).isTrue();
    assertThat(accepts(grammar, "{}")).isTrue();
    assertThat(accepts(grammar, "[]")).isFalse();
    assertThat(accepts(grammar, "{\"a\": }")).isFalse();
  }
}

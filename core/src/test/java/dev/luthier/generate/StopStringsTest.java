package dev.luthier.generate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class StopStringsTest {
  @Test
  void a_stop_string_is_found_across_pieces_and_nothing_of_it_given_out() {
    StopStrings stops = new StopStrings(List.of("###"));
    assertThat(stops.next("one #")).isEqualTo("one ");
    assertThat(stops.next("#")).isEmpty();
    assertThat(stops.found()).isEmpty();
    assertThat(stops.next("# two")).isEmpty();
    assertThat(stops.found()).isNotEmpty();
    assertThat(stops.finish()).isEmpty();
  }

  @Test
  void what_was_held_back_comes_once_it_cannot_be_a_stop_string() {
    StopStrings stops = new StopStrings(List.of("abab!"));
    assertThat(stops.next("xabab")).isEqualTo("x");
    assertThat(stops.next("ab")).isEqualTo("ab");
    assertThat(stops.next("?")).isEqualTo("abab?");
    assertThat(stops.next("aba")).isEmpty();
    assertThat(stops.finish()).isEqualTo("aba");
  }

  @Test
  void the_first_of_several_ends_the_text() {
    StopStrings stops = new StopStrings(List.of("later", "now", "no"));
    assertThat(stops.next("it is now or later")).isEqualTo("it is ");
    assertThat(stops.found()).isNotEmpty();
  }
}

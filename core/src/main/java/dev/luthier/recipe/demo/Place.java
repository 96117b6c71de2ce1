package dev.luthier.recipe.demo;

import java.util.List;

/** Classes of nouns that stand behind a preposition of place, and their adjectives. */
enum Place {
  SURFACE(
      "table bench desk bed shelf rug stool sofa counter mattress windowsill",
      "old new wide dusty clean little",
      true),
  SEAT("bench bed stool sofa rug blanket mattress", "old new wide clean soft little", true),
  SLABS(
      "planks steps tiles boards stones rocks stairs",
      "smooth wet cold hard warm rough slippery",
      false),
  GROUND("sand grass floor ground", "wet cold dry dark", false),
  CONTAINER(
      "box basket drawer chest bag trunk bucket jar cupboard suitcase barrel",
      "old small large empty dusty deep strange",
      true),
  ROOM(
      "kitchen attic cellar library hall bedroom office workshop classroom hallway pantry studio",
      "dark quiet cold warm small dusty empty bright narrow tidy",
      true),
  OPEN(
      """
      garden forest meadow field park orchard valley desert yard vineyard swamp jungle marsh
      """,
      "quiet wide dark peaceful sunny misty wild lonely",
      false),
  WATER(
      "lake river pond sea stream canal bay lagoon harbor ocean",
      "calm cold deep quiet wide dark clear blue",
      false),
  BUILDING(
      """
      house barn church castle tower mill shop school station museum hotel theater bakery market
      cottage palace temple stable inn
      """,
      "old new small large empty abandoned famous quiet white red crowded",
      false),
  LANDMARK(
      "tree fence gate bridge well statue wall rock fountain bush lamppost tent haystack ruin",
      "old tall broken small large lonely",
      false),
  PATH(
      "road path street trail hill lane alley avenue highway track slope",
      "narrow long dusty muddy steep winding empty busy quiet dark",
      false),
  TOWN("town village city island camp", "small quiet old busy crowded sleepy distant", false),
  SKY("mountains rooftops treetops hills fields", "high distant dark misty", false),
  CITY("Paris London Rome Boston Cairo Lima Oslo Tokyo Madrid Dublin Vienna Delhi", "", false);

  private final List<String> nouns;
  private final List<String> adjectives;
  private final boolean owned;

  Place(String nouns, String adjectives, boolean owned) {
    this.nouns = Lexicon.words(nouns);
    this.adjectives = adjectives.isEmpty() ? List.of() : Lexicon.words(adjectives);
    this.owned = owned;
  }

  List<String> nouns() {
    return nouns;
  }

  List<String> adjectives() {
    return adjectives;
  }

  /** Whether "my" and "Tom's" go before it. */
  boolean owned() {
    return owned;
  }

  /** Whether its nouns are used with "the" alone, in the number they are written in. */
  boolean definite() {
    return this == SLABS || this == GROUND || this == SKY;
  }
}

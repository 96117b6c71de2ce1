package dev.luthier.recipe.demo;

import java.util.List;

/** Draws noun phrases and phrases of place, with articles, numbers and adjectives that agree. */
final class Phrases {
  private static final List<String> SUBJECT_PRONOUNS = Lexicon.words("I you he she we they");

  /** By subject pronoun: object pronouns that cannot mean the subject. */
  private static final List<List<String>> OBJECT_PRONOUNS =
      List.of(
          Lexicon.words("you him her them"),
          Lexicon.words("me him her us them"),
          Lexicon.words("me you her us them"),
          Lexicon.words("me you him us them"),
          Lexicon.words("you him her them"),
          Lexicon.words("me you him her us"));

  private static final List<Kind> PEOPLE =
      List.of(Kind.PERSON, Kind.PERSON, Kind.PERSON, Kind.PERSON, Kind.KIN);

  private final Draw draw;

  Phrases(Draw draw) {
    this.draw = draw;
  }

  /** A subject of this kind. For a person it may be a name, a pronoun or somebody's kin. */
  NounPhrase subject(Kind kind) {
    if (kind != Kind.PERSON) {
      return common(kind);
    }
    int sort = draw.below(100);
    if (sort < 30) {
      return pronoun(draw.of(SUBJECT_PRONOUNS));
    }
    if (sort < 50) {
      return name();
    }
    if (sort < 54) {
      return pair();
    }
    return common(draw.of(PEOPLE));
  }

  /** An object of this kind that cannot be taken for {@code subject}. */
  NounPhrase object(Kind kind, NounPhrase subject) {
    if (kind == Kind.PERSON && draw.chance(25)) {
      int pronoun = SUBJECT_PRONOUNS.indexOf(subject.text());
      if (pronoun >= 0) {
        String word = draw.of(OBJECT_PRONOUNS.get(pronoun));
        return NounPhrase.word(word, false);
      }
      return name();
    }
    return common(kind == Kind.PERSON ? draw.of(PEOPLE) : kind);
  }

  NounPhrase name() {
    return NounPhrase.word(draw.of(draw.of(Lexicon.WOMEN, Lexicon.MEN)), false);
  }

  static NounPhrase pronoun(String word) {
    return NounPhrase.word(word, List.of("you", "we", "they").contains(word));
  }

  /** Determiner, adjectives, noun. */
  NounPhrase common(Kind kind) {
    String noun = draw.of(kind.nouns());
    boolean animate = kind.is(Kind.Flag.ANIMATE);
    boolean plural = !kind.is(Kind.Flag.MASS) && !kind.is(Kind.Flag.KIN) && draw.chance(22);
    String head = plural ? Inflection.plural(noun) : noun;
    String described = described(kind, head);
    String text;
    if (kind.is(Kind.Flag.KIN)) {
      text = owner() + " " + described;
    } else if (plural) {
      text = pluralDeterminer(kind) + " " + described;
    } else if (kind.is(Kind.Flag.MASS)) {
      text = draw.of("the", "the", "the", "some", "this", "that") + " " + described;
    } else {
      text = singular(described, kind.is(Kind.Flag.OWNED));
    }
    return new NounPhrase(text, head, plural, animate);
  }

  /** Preposition, determiner, adjectives, noun: "on the smooth planks". */
  String place(List<Frame.Spot> spots) {
    Frame.Spot spot = draw.of(spots);
    return draw.of(spot.prepositions()) + " " + placeName(spot.place());
  }

  private String placeName(Place place) {
    if (place == Place.CITY) {
      return draw.of(place.nouns());
    }
    String noun = draw.of(place.nouns());
    String described = draw.chance(60) ? draw.of(place.adjectives()) + " " + noun : noun;
    if (place.definite() || draw.chance(65)) {
      return "the " + described;
    }
    int sort = draw.below(100);
    if (place.owned() && sort < 40) {
      return owner() + " " + described;
    }
    return sort < 80
        ? Inflection.withArticle(described)
        : draw.of("this", "that", "another") + " " + described;
  }

  private NounPhrase pair() {
    List<String> names = draw.sample(draw.of(Lexicon.WOMEN, Lexicon.MEN), 2);
    return NounPhrase.word(names.get(0) + " and " + names.get(1), true);
  }

  private String singular(String described, boolean owned) {
    int sort = draw.below(100);
    if (sort < 20) {
      return Inflection.withArticle(described);
    }
    if (sort < 30) {
      return draw.of("this", "that", "another") + " " + described;
    }
    if (sort < 33) {
      return "every " + described;
    }
    if (owned && sort < 60) {
      return owner() + " " + described;
    }
    return "the " + described;
  }

  private String pluralDeterminer(Kind kind) {
    int sort = draw.below(100);
    if (sort < 25) {
      return draw.of(Lexicon.NUMBERS);
    }
    if (sort < 50) {
      return draw.of(Lexicon.QUANTIFIERS);
    }
    if (kind.is(Kind.Flag.OWNED) && sort < 70) {
      return owner();
    }
    return "the";
  }

  private String owner() {
    return draw.chance(25) ? name().text() + "'s" : draw.of(Lexicon.POSSESSIVES);
  }

  /** {@code head} behind up to two of: an adjective, a colour, a material. */
  private String described(Kind kind, String head) {
    String adjective = draw.chance(55) ? draw.of(kind.adjectives()) + " " : "";
    String colour = draw.chance(18) ? colour(kind) : "";
    boolean room = adjective.isEmpty() || colour.isEmpty();
    String modifier =
        room && !kind.modifiers().isEmpty() && draw.chance(22)
            ? draw.of(kind.modifiers()) + " "
            : "";
    return adjective + colour + modifier + head;
  }

  private String colour(Kind kind) {
    if (kind.is(Kind.Flag.FURRED)) {
      return draw.of(Lexicon.FUR_COLOURS) + " ";
    }
    return kind.is(Kind.Flag.COLOURED) ? draw.of(Lexicon.COLOURS) + " " : "";
  }
}

#include "controlplane/config_section.hpp"

#include <algorithm>
#include <boost/make_shared.hpp>
#include <boost/program_options/options_description.hpp>
#include <boost/program_options/parsers.hpp>
#include <boost/program_options/value_semantic.hpp>
#include <boost/program_options/variables_map.hpp>

#include "controlplane/config_sections.hpp"

namespace sallyport::controlplane {
namespace {

namespace po = boost::program_options;

using Entries = std::vector<const Entry*>;

/// All that the values of one section share while they are read.
struct Reading {
  std::string section;
  unsigned line;
  Target target;
  Faults& faults;
  Entries entries;  ///< an option's token is the number of its entry here, so that no key text is copied through the
                    ///< library
};

std::string full_name(const Reading& reading, const std::string& key) { return reading.section + '.' + key; }

/// How Boost.Program_options handles one key of the schema.
class KeySemantic final : public po::value_semantic {
 public:
  KeySemantic(SchemaKey key, Reading& reading) : key_(std::move(key)), reading_(reading) {
    const std::string_view fallback = key_.row->fallback;
    if (!fallback.empty() && fallback.front() != '(') default_ = {key_.name, SecretString(fallback), reading_.line};
  }

  std::string name() const override { return std::string(key_.row->expected); }
  unsigned min_tokens() const override { return 1; }
  unsigned max_tokens() const override { return 1; }
  bool is_composing() const override { return false; }  // the command line replaces the file's list
  bool is_required() const override { return false; }   // notify() would stop at the first one that is missing

  void parse(boost::any& store, const std::vector<std::string>& tokens, bool) const override {
    if (store.empty()) store = Entries{};
    auto& given = boost::any_cast<Entries&>(store);
    const Entry* entry = reading_.entries[std::stoul(tokens.front())];
    if (!given.empty() && !key_.row->repeats) {
      reading_.faults.add(entry->line, "key '" + full_name(reading_, key_.name) +
                                           "' is given again: expected once, it is at " +
                                           reading_.faults.place(given.front()->line));
      return;
    }
    given.push_back(entry);
  }

  bool apply_default(boost::any& store) const override {
    if (default_.key.empty()) return false;
    store = Entries{&default_};
    return true;
  }

  void notify(const boost::any& store) const override {
    Target target = reading_.target;
    target.side = target.sides[key_.side];
    target.suite = key_.suite;
    for (const Entry* entry : boost::any_cast<const Entries&>(store)) {
      if (!key_.row->set(target, entry->value)) refuse(*entry);
    }
  }

 private:
  void refuse(const Entry& entry) const {
    const std::string name = full_name(reading_, key_.name);
    if (key_.row->secret) {
      reading_.faults.add(entry.line, "key '" + name + "': expected " + std::string(key_.row->expected));
    } else {
      reading_.faults.add_value(entry.line, name, entry.value, key_.row->expected);
    }
  }

  SchemaKey key_;
  Reading& reading_;
  Entry default_;
};

/// Says that a key is unknown. Its value may be a secret under a misspelt name, and is not shown.
void unknown_key(const Reading& reading, const std::vector<SchemaKey>& keys, const Entry& entry) {
  std::vector<std::string> known;
  for (const SchemaKey& key : keys) known.push_back(key.name);
  const auto near = nearest(entry.key, known);
  reading.faults.add(entry.line, "unknown key '" + full_name(reading, entry.key) + "': expected " +
                                     (near ? "perhaps '" + *near + "'" : "a key of the configuration reference"));
}

/// The options of one source, as the library wants them. Unknown keys become faults here.
po::basic_parsed_options<char> options_of(const SectionText* source, const po::options_description& description,
                                          const std::vector<SchemaKey>& keys, Reading& reading) {
  po::basic_parsed_options<char> parsed(&description);
  if (source == nullptr) return parsed;
  for (const Entry& entry : source->entries) {
    if (std::none_of(keys.begin(), keys.end(), [&](const SchemaKey& key) { return key.name == entry.key; })) {
      unknown_key(reading, keys, entry);
      continue;
    }
    parsed.options.emplace_back(entry.key, std::vector{std::to_string(reading.entries.size())});
    reading.entries.push_back(&entry);
  }
  return parsed;
}

/// The entries that are not defaults.
std::map<std::string, Entries> given_only(const po::variables_map& values) {
  std::map<std::string, Entries> given;
  for (const auto& [key, value] : values) {
    if (!value.defaulted()) given.emplace(key, value.as<Entries>());
  }
  return given;
}

void check_required(const std::vector<SchemaKey>& keys, const po::variables_map& values, Reading& reading) {
  for (const SchemaKey& key : keys) {
    if (key.row->required && values.count(key.name) == 0) {
      reading.faults.add(reading.line, "section [" + reading.section + "]: key '" + key.name +
                                           "' is missing: expected " + std::string(key.row->expected));
    }
  }
}

}  // namespace

Section read_section(const std::string& name, const SectionText* file, const SectionText* overrides, Target target,
                     Faults& faults) {
  const std::vector<SchemaKey> keys = keys_of_section(name);
  Reading reading{name, file == nullptr ? kCommandLine : file->line, target, faults, {}};
  po::options_description description(name);
  for (const SchemaKey& key : keys) {
    // The description takes the semantic over.
    description.add(boost::make_shared<po::option_description>(
        key.name.c_str(), std::make_unique<KeySemantic>(key, reading).release(), key.row->meaning.data()));
  }
  po::variables_map values;
  po::store(options_of(overrides, description, keys, reading), values);  // the first source that has a key wins
  po::store(options_of(file, description, keys, reading), values);
  po::notify(values);
  check_required(keys, values, reading);
  return {name, reading.line, given_only(values)};
}

void unknown_section(const SectionText& section, Faults& faults) {
  const NamedSection* named_kind = named_section(section.name);
  if (named_kind != nullptr && section.name.find('.') != std::string::npos) {
    faults.add(section.line, "section " + shown(section.name) + ": expected a name of 1 to " +
                                 std::to_string(named_kind->longest_name) +
                                 " letters, digits, '-' and '_' behind the dot");
    return;
  }
  const std::vector<std::string> kinds = section_kinds();
  const std::size_t dot = section.name.find('.');
  const std::string named = section.name.substr(0, dot) + (dot == std::string::npos ? "" : ".NAME");
  const auto near = nearest(named, kinds);
  std::string list;
  for (const std::string& kind : kinds) list.append(list.empty() ? "one of [" : ", [").append(kind).append("]");
  faults.add(section.line,
             "unknown section " + shown(section.name) + ": expected " + (near ? "perhaps [" + *near + "]" : list));
}

std::vector<const Entry*> Section::all(const std::string& key) const {
  const auto found = given_.find(key);
  return found == given_.end() ? Entries{} : found->second;
}

const Entry* Section::first(const std::string& key) const {
  const Entries entries = all(key);
  return entries.empty() ? nullptr : entries.front();
}

unsigned Section::line_of(const std::string& key) const {
  const Entry* entry = first(key);
  return entry == nullptr ? line_ : entry->line;
}

void Section::fault(Faults& faults, const std::string& key, std::string_view expected) const {
  const Entry* entry = first(key);
  if (entry == nullptr) {
    faults.add(line_, "section [" + name_ + "]: key '" + key + "': expected " + std::string(expected));
  } else {
    faults.add_value(entry->line, name_ + '.' + key, entry->value, expected);
  }
}

}  // namespace sallyport::controlplane

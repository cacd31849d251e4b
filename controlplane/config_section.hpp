// From the text of one section to values: Boost.Program_options lays the command line over the file and fills in
// defaults, the schema's rows convert. Every fault is collected; nothing is thrown.
#pragma once

#include "controlplane/config_draft.hpp"
#include "controlplane/config_schema.hpp"

namespace sallyport::controlplane {

/// Reads section `name` into `target`. `file` and `overrides`: where the section is given, either may be null; they
/// must outlive the Section returned.
Section read_section(const std::string& name, const SectionText* file, const SectionText* overrides, Target target,
                     Faults& faults);

/// Says that the section is unknown, and which is nearest.
void unknown_section(const SectionText& section, Faults& faults);

}  // namespace sallyport::controlplane

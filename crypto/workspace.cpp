#include "crypto/workspace.hpp"

namespace sallyport::crypto {

void WorkspaceDeleter::operator()(Workspace* workspace) const noexcept { delete workspace; }

WorkspacePtr make_workspace() { return WorkspacePtr(new Workspace()); }

}  // namespace sallyport::crypto

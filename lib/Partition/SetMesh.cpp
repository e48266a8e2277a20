// spmd-set-mesh: the axes of the mesh get the sizes of a machine.
#include "moe/Partition/Passes.h"

#include "llvm/ADT/StringSet.h"

using namespace mlir;

namespace moe {
#define GEN_PASS_DEF_SPMDSETMESH
#include "moe/Partition/Passes.h.inc"
} // namespace moe

namespace {

struct SetMeshPass : moe::impl::SpmdSetMeshBase<SetMeshPass> {
  using SpmdSetMeshBase::SpmdSetMeshBase;

  LogicalResult resize(spmd::MeshOp op, StringRef name, int64_t size) {
    SmallVector<Attribute> axes;
    bool found = false;
    for (auto axis : op.getAxes().getAsRange<spmd::MeshAxisAttr>()) {
      bool isIt = axis.getName() == name;
      found |= isIt;
      axes.push_back(isIt ? spmd::MeshAxisAttr::get(&getContext(), name, size)
                          : axis);
    }
    if (!found) {
      InFlightDiagnostic diag = op.emitOpError()
                                << "--mesh names axis \"" << name
                                << "\", which is not an axis of @"
                                << op.getSymName();
      diag.attachNote() << "the mesh has " << op.describeAxes();
      return diag;
    }
    op.setAxesAttr(ArrayAttr::get(&getContext(), axes));
    return success();
  }

  LogicalResult apply(ModuleOp module) {
    auto meshes = llvm::to_vector(module.getOps<spmd::MeshOp>());
    if (meshes.size() != 1)
      return module.emitError()
             << "--mesh needs exactly one spmd.mesh, the module has "
             << meshes.size();
    SmallVector<StringRef> entries;
    llvm::StringSet<> sized;
    StringRef(mesh).split(entries, ',');
    for (StringRef entry : entries) {
      auto [name, text] = entry.split('=');
      int64_t size = 0;
      if (name.empty() || text.getAsInteger(10, size) || size < 1)
        return module.emitError()
               << "--mesh wants axis=size with a positive size, got '" << entry
               << "'; write for example data=2,expert=4";
      if (!sized.insert(name).second)
        return module.emitError() << "--mesh gives axis \"" << name
                                  << "\" twice: '" << mesh << "'";
      if (failed(resize(meshes.front(), name, size)))
        return failure();
    }
    return success();
  }

  // A model that says nothing of machines runs on one rank.
  void addDefaultMesh(ModuleOp module) {
    if (!module.getOps<spmd::MeshOp>().empty())
      return;
    OpBuilder builder = OpBuilder::atBlockBegin(module.getBody());
    spmd::MeshOp::create(
        builder, module.getLoc(), "mesh",
        builder.getArrayAttr(spmd::MeshAxisAttr::get(&getContext(), "rank", 1)),
        /*order=*/ArrayAttr(), /*topology=*/ArrayAttr());
  }

  void runOnOperation() override {
    addDefaultMesh(getOperation());
    if (!mesh.empty() && failed(apply(getOperation())))
      signalPassFailure();
  }
};

} // namespace

#include "moe/IR/Location.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/Path.h"

using namespace mlir;

std::string moe::describeLocation(Location location) {
  return llvm::TypeSwitch<LocationAttr, std::string>(location)
      .Case([](FileLineColLoc loc) {
        return llvm::sys::path::filename(loc.getFilename()).str() + ":" +
               std::to_string(loc.getLine()) + ":" +
               std::to_string(loc.getColumn());
      })
      .Case([](CallSiteLoc loc) { return describeLocation(loc.getCallee()); })
      .Case([](NameLoc loc) { return describeLocation(loc.getChildLoc()); })
      .Case([](FusedLoc loc) {
        return loc.getLocations().empty()
                   ? std::string("unknown")
                   : describeLocation(loc.getLocations()[0]);
      })
      .Default([](LocationAttr) { return std::string("unknown"); });
}

// The name goes along as the metadata of a fused location.
Location moe::locationOf(Operation *op) {
  auto name = StringAttr::get(op->getContext(), op->getName().getStringRef());
  return FusedLoc::get(op->getContext(), {op->getLoc()}, name);
}

static std::optional<StringRef> nameIn(Location location) {
  return llvm::TypeSwitch<LocationAttr, std::optional<StringRef>>(location)
      .Case([](CallSiteLoc loc) { return nameIn(loc.getCallee()); })
      .Case([](NameLoc loc) { return nameIn(loc.getChildLoc()); })
      .Case([](FusedLoc loc) -> std::optional<StringRef> {
        if (auto name = dyn_cast_or_null<StringAttr>(loc.getMetadata()))
          return name.getValue();
        return loc.getLocations().empty() ? std::nullopt
                                          : nameIn(loc.getLocations()[0]);
      })
      .Default([](LocationAttr) { return std::nullopt; });
}

std::string moe::describeName(Operation *op) {
  return nameIn(op->getLoc()).value_or(op->getName().getStringRef()).str();
}

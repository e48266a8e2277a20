# How ranks reach each other: plans, and one suite over all transports.
moe_add_unit_test(CommPlanTest CommPlanTest.cpp LINK moert_layout)
moe_add_unit_test(CommLocalTest CommLocalTest.cpp CommConformance.cpp LINK moert_comm)

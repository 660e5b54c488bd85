"""All calculations by their id, in the order of Customer Care's list of policies."""

from __future__ import annotations

from knowledge.policy.amendment_window import AMENDMENT_WINDOW
from knowledge.policy.commitment import COMMITMENT_DISCOUNT
from knowledge.policy.credit_note import HWAAS_CREDIT_NOTE
from knowledge.policy.delivery import DELIVERY_COST
from knowledge.policy.device_return import DEVICE_RETURN
from knowledge.policy.did_cancellation import DID_EARLY_CANCELLATION
from knowledge.policy.dispute import DISPUTE_WINDOW
from knowledge.policy.emergency_calls import EMERGENCY_SERVICE
from knowledge.policy.fields import Policy
from knowledge.policy.hwaas_dates import HWAAS_DATES
from knowledge.policy.hwaas_loss import HWAAS_LOSS
from knowledge.policy.licence_counts import CONCURRENT_CALLS, FLAT_ALLOCATION
from knowledge.policy.license_proration import LICENSE_PRORATION
from knowledge.policy.lifetime_support import LIFETIME_SUPPORT_FEE
from knowledge.policy.number_ranges import DID_RANGE
from knowledge.policy.overdue import OVERDUE_STAGE
from knowledge.policy.paid_services import PAID_SERVICE
from knowledge.policy.porting_change import PORTING_DATE_CHANGE
from knowledge.policy.porting_time import PORTING_LEAD_TIME
from knowledge.policy.toll_free import TOLL_FREE_OUTBOUND
from knowledge.policy.xbees_conversion import XBEES_CONVERSION

POLICIES: dict[str, Policy] = {
    policy.id: policy
    for policy in (
        HWAAS_CREDIT_NOTE,
        COMMITMENT_DISCOUNT,
        DISPUTE_WINDOW,
        LIFETIME_SUPPORT_FEE,
        OVERDUE_STAGE,
        DID_EARLY_CANCELLATION,
        HWAAS_LOSS,
        HWAAS_DATES,
        PORTING_DATE_CHANGE,
        PORTING_LEAD_TIME,
        FLAT_ALLOCATION,
        CONCURRENT_CALLS,
        DID_RANGE,
        LICENSE_PRORATION,
        AMENDMENT_WINDOW,
        XBEES_CONVERSION,
        DELIVERY_COST,
        DEVICE_RETURN,
        PAID_SERVICE,
        EMERGENCY_SERVICE,
        TOLL_FREE_OUTBOUND,
    )
}

"""Make all tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make all tables."""
    op.create_table(
        "application_user",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("password", sa.LargeBinary(), nullable=True),
        sa.Column("permissions_role", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_application_user")),
    )
    op.create_table(
        "audit",
        sa.Column(
            "number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("permission", sa.String(), nullable=False),
        sa.Column("noun", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("before", sa.String(), nullable=False),
        sa.Column("after", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_audit_at"), "audit", ["at"], unique=False)
    op.create_table(
        "call_detail_record",
        sa.Column(
            "record", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("call_id", sa.BigInteger(), nullable=False),
        sa.Column("origination_time", sa.BigInteger(), nullable=False),
        sa.Column("answer_time", sa.BigInteger(), nullable=True),
        sa.Column("end_time", sa.BigInteger(), nullable=False),
        sa.Column("calling_number", sa.String(), nullable=False),
        sa.Column("calling_name", sa.String(), nullable=False),
        sa.Column("calling_device", sa.String(), nullable=False),
        sa.Column("originally_called_number", sa.String(), nullable=False),
        sa.Column("partition", sa.String(), nullable=False),
        sa.Column("final_called_number", sa.String(), nullable=False),
        sa.Column("final_called_device", sa.String(), nullable=False),
        sa.Column("ended_by", sa.String(), nullable=False),
        sa.Column("calling_cause", sa.Integer(), nullable=True),
        sa.Column("called_cause", sa.Integer(), nullable=True),
        sa.Column("security_class", sa.Integer(), nullable=False),
        sa.Column("security_reason", sa.String(), nullable=False),
        sa.Column("transferred_from", sa.BigInteger(), nullable=True),
        sa.Column("transferred_to", sa.BigInteger(), nullable=True),
        sa.Column("redirecting_number", sa.String(), nullable=False),
        sa.Column("redirect_reason", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("record", name=op.f("pk_call_detail_record")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_call_detail_record_calling_number"), "call_detail_record", ["calling_number"], unique=False
    )
    op.create_index(
        op.f("ix_call_detail_record_final_called_number"),
        "call_detail_record",
        ["final_called_number"],
        unique=False,
    )
    op.create_index(
        op.f("ix_call_detail_record_originally_called_number"),
        "call_detail_record",
        ["originally_called_number"],
        unique=False,
    )
    op.create_index(
        op.f("ix_call_detail_record_origination_time"), "call_detail_record", ["origination_time"], unique=False
    )
    op.create_table(
        "call_manager_group",
        sa.Column("name", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_call_manager_group")),
    )
    op.create_table(
        "calling_search_space",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_calling_search_space")),
    )
    op.create_table(
        "changes",
        sa.Column(
            "sequence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("noun", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_changes")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "date_time_group",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("time_zone", sa.String(), nullable=False),
        sa.Column("date_template", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_date_time_group")),
    )
    op.create_table(
        "end_user",
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("last_name", sa.String(), nullable=False),
        sa.Column("first_name", sa.String(), nullable=False),
        sa.Column("password", sa.LargeBinary(), nullable=True),
        sa.Column("digest_credentials", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_end_user")),
    )
    op.create_table(
        "enterprise_parameter",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_enterprise_parameter")),
    )
    op.create_table(
        "key_check",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_key_check")),
    )
    op.create_table(
        "partition",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_partition")),
    )
    op.create_table(
        "phone_security_profile",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("protocol", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("device_security_mode", sa.Integer(), nullable=False),
        sa.Column("transport_type", sa.String(), nullable=False),
        sa.Column("digest_authentication", sa.Boolean(), nullable=False),
        sa.Column("nonce_validity_time", sa.Integer(), nullable=False),
        sa.Column("tftp_encrypted_config", sa.Boolean(), nullable=False),
        sa.Column("exclude_digest_credentials", sa.Boolean(), nullable=False),
        sa.Column("authentication_mode", sa.String(), nullable=False),
        sa.Column("key_size", sa.Integer(), nullable=False),
        sa.Column("sip_phone_port", sa.Integer(), nullable=False),
        sa.Column("predefined", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_phone_security_profile")),
    )
    op.create_table(
        "region",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("codec_within", sa.String(), nullable=False),
        sa.Column("codec_between", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_region")),
    )
    op.create_table(
        "server",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("ethernet_phone_port", sa.Integer(), nullable=False),
        sa.Column("sip_phone_port", sa.Integer(), nullable=False),
        sa.Column("sip_phone_secure_port", sa.Integer(), nullable=False),
        sa.Column("first_node", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_server")),
    )
    op.create_table(
        "call_manager_group_servers",
        sa.Column("owner_name", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_name"],
            ["call_manager_group.name"],
            name=op.f("fk_call_manager_group_servers_owner_name"),
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["value"],
            ["server.name"],
            name=op.f("fk_call_manager_group_servers_value"),
            onupdate="CASCADE",
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("owner_name", "position", name=op.f("pk_call_manager_group_servers")),
    )
    op.create_index(
        op.f("ix_call_manager_group_servers_value"), "call_manager_group_servers", ["value"], unique=False
    )
    op.create_table(
        "calling_search_space_partitions",
        sa.Column("owner_name", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("value", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["owner_name"],
            ["calling_search_space.name"],
            name=op.f("fk_calling_search_space_partitions_owner_name"),
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["value"],
            ["partition.name"],
            name=op.f("fk_calling_search_space_partitions_value"),
            onupdate="CASCADE",
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("owner_name", "position", name=op.f("pk_calling_search_space_partitions")),
    )
    op.create_index(
        op.f("ix_calling_search_space_partitions_value"),
        "calling_search_space_partitions",
        ["value"],
        unique=False,
    )
    op.create_table(
        "date_time_group_ntp_servers",
        sa.Column("owner_name", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_name"],
            ["date_time_group.name"],
            name=op.f("fk_date_time_group_ntp_servers_owner_name"),
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("owner_name", "position", name=op.f("pk_date_time_group_ntp_servers")),
    )
    op.create_table(
        "device_pool",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("call_manager_group", sa.String(), nullable=False),
        sa.Column("date_time_group", sa.String(), nullable=False),
        sa.Column("region", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["call_manager_group"],
            ["call_manager_group.name"],
            name=op.f("fk_device_pool_call_manager_group"),
            onupdate="CASCADE",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["date_time_group"],
            ["date_time_group.name"],
            name=op.f("fk_device_pool_date_time_group"),
            onupdate="CASCADE",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["region"],
            ["region.name"],
            name=op.f("fk_device_pool_region"),
            onupdate="CASCADE",
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_device_pool")),
    )
    op.create_index(op.f("ix_device_pool_call_manager_group"), "device_pool", ["call_manager_group"], unique=False)
    op.create_index(op.f("ix_device_pool_date_time_group"), "device_pool", ["date_time_group"], unique=False)
    op.create_index(op.f("ix_device_pool_region"), "device_pool", ["region"], unique=False)
    op.create_table(
        "directory_number",
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("partition", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("alerting_name", sa.String(), nullable=False),
        sa.Column("calling_search_space", sa.String(), nullable=True),
        sa.Column("forward_all", sa.String(), nullable=False),
        sa.Column("forward_busy", sa.String(), nullable=False),
        sa.Column("forward_no_answer", sa.String(), nullable=False),
        sa.Column("forward_unregistered", sa.String(), nullable=False),
        sa.Column("no_answer_ring_duration", sa.Integer(), nullable=False),
        sa.Column("forward_search_space", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["calling_search_space"],
            ["calling_search_space.name"],
            name=op.f("fk_directory_number_calling_search_space"),
            onupdate="CASCADE",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["forward_search_space"],
            ["calling_search_space.name"],
            name=op.f("fk_directory_number_forward_search_space"),
            onupdate="CASCADE",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["partition"],
            ["partition.name"],
            name=op.f("fk_directory_number_partition"),
            onupdate="CASCADE",
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("number", "partition", name=op.f("pk_directory_number")),
    )
    op.create_index(
        op.f("ix_directory_number_calling_search_space"),
        "directory_number",
        ["calling_search_space"],
        unique=False,
    )
    op.create_index(
        op.f("ix_directory_number_forward_search_space"),
        "directory_number",
        ["forward_search_space"],
        unique=False,
    )
    op.create_index(op.f("ix_directory_number_partition"), "directory_number", ["partition"], unique=False)
    op.create_table(
        "service_parameter",
        sa.Column("server", sa.String(), nullable=False),
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["server"],
            ["server.name"],
            name=op.f("fk_service_parameter_server"),
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("server", "service", "name", name=op.f("pk_service_parameter")),
    )
    op.create_table(
        "phone",
        sa.Column("device_name", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("protocol", sa.String(), nullable=False),
        sa.Column("security_profile", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("device_pool", sa.String(), nullable=False),
        sa.Column("calling_search_space", sa.String(), nullable=True),
        sa.Column("owner", sa.String(), nullable=True),
        sa.Column("digest_user", sa.String(), nullable=True),
        sa.Column("load_information", sa.String(), nullable=False),
        sa.Column("built_in_bridge", sa.String(), nullable=False),
        sa.Column("phone_password", sa.LargeBinary(), nullable=True),
        sa.Column("pc_port", sa.String(), nullable=False),
        sa.Column("settings_access", sa.String(), nullable=False),
        sa.Column("gratuitous_arp", sa.String(), nullable=False),
        sa.Column("pc_voice_vlan_access", sa.String(), nullable=False),
        sa.Column("web_access", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["calling_search_space"],
            ["calling_search_space.name"],
            name=op.f("fk_phone_calling_search_space"),
            onupdate="CASCADE",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["device_pool"],
            ["device_pool.name"],
            name=op.f("fk_phone_device_pool"),
            onupdate="CASCADE",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["digest_user"],
            ["end_user.user_id"],
            name=op.f("fk_phone_digest_user"),
            onupdate="CASCADE",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["owner"], ["end_user.user_id"], name=op.f("fk_phone_owner"), onupdate="CASCADE", ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["security_profile"],
            ["phone_security_profile.name"],
            name=op.f("fk_phone_security_profile"),
            onupdate="CASCADE",
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("device_name", name=op.f("pk_phone")),
    )
    op.create_index(op.f("ix_phone_calling_search_space"), "phone", ["calling_search_space"], unique=False)
    op.create_index(op.f("ix_phone_device_pool"), "phone", ["device_pool"], unique=False)
    op.create_index(op.f("ix_phone_digest_user"), "phone", ["digest_user"], unique=False)
    op.create_index(op.f("ix_phone_owner"), "phone", ["owner"], unique=False)
    op.create_index(op.f("ix_phone_security_profile"), "phone", ["security_profile"], unique=False)
    op.create_table(
        "phone_lines",
        sa.Column("owner_device_name", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("button", sa.Integer(), nullable=False),
        sa.Column("directory_number_number", sa.String(), nullable=False),
        sa.Column("directory_number_partition", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("display_name", sa.String(), nullable=False),
        sa.Column("max_calls", sa.Integer(), nullable=False),
        sa.Column("busy_trigger", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["directory_number_number", "directory_number_partition"],
            ["directory_number.number", "directory_number.partition"],
            name=op.f("fk_phone_lines_directory_number_number_directory_number_partition"),
            onupdate="CASCADE",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["owner_device_name"],
            ["phone.device_name"],
            name=op.f("fk_phone_lines_owner_device_name"),
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("owner_device_name", "position", name=op.f("pk_phone_lines")),
    )
    op.create_index(
        op.f("ix_phone_lines_directory_number_number"), "phone_lines", ["directory_number_number"], unique=False
    )
    op.create_index(
        op.f("ix_phone_lines_directory_number_partition"),
        "phone_lines",
        ["directory_number_partition"],
        unique=False,
    )
